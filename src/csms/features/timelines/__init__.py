# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What happened at a charger or in a transaction, in the order of time; and what was measured, thinned out.

Both are read from what other features keep; nothing is stored here.
"""
