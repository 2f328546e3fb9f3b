# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Drivers: the people who charge. They hold tokens; whoever is blocked charges with none of them."""
