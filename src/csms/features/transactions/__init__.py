# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Transactions and meter values, billing-grade. Called by nobody but the doors; tells others through Events."""
