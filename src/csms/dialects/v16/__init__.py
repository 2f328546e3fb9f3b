# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OCPP 1.6: wire types of `csms.ocpp.v16` <-> messages of `csms.domain`."""
