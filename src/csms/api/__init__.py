# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The door for people and programs: HTTP, server-sent events, the API reference. Never here: a business rule, OCPP."""
