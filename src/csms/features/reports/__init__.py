# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports: what chargers delivered, how much they were used and how long they could be, rolled up by quarter hours."""
