# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How a charger is, why, and what to do about it: a verdict from what other features keep. It stores nothing itself."""
