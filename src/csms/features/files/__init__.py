# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files between chargers and us: firmware down, logs and diagnostics up, and how far they are."""
