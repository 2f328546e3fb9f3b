# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers, connectors, onboarding, ownership of connections, conformance findings, security events."""
