# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The door for chargers: WebSocket listener, authentication, one link per charger, ordered inbox, outbound call slot.

Called by `main` only. Never here: a business rule, an import of `features`.
"""
