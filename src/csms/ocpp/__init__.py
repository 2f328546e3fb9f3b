# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The OCPP-J wire: frames, sessions, generated message types, validation. Pure, and imports nothing else of csms."""
