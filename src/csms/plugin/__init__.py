# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The public door for extensions. Never here: OCPP wire types, database tables."""
