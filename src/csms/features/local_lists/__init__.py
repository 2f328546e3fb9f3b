# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Local authorization lists: which tokens chargers know by themselves, and in which version."""
