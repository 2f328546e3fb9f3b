# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Figures beside peers, measured in one run on one machine: `python -m bench`."""
