# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Machinery without charging knowledge: configuration, clock, ids, errors, logs, metrics, database, bus, HTTP."""
