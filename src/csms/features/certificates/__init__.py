# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of chargers: asked for, signed, taken, renewed, revoked."""
