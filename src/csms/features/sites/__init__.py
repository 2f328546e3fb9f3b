# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sites, in a tree, and groups of chargers across sites: where things are, and where a role holds."""
