# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events to receivers of others: which receiver wants what, what was sent, what is tried again, what was given up."""
