# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Vocabulary and rules of charging, pure, the same for every OCPP version. Imports nothing else of csms."""
