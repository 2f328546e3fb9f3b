# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What chargers report of themselves: reports in parts, events of the device model, notices."""
