# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands to chargers: one route, one table, one outcome. Knows no OCPP action names."""
