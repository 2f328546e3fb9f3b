# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reservations: what chargers keep for whom, until when, and what became of it."""
