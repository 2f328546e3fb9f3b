# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Feature flags: what is switched on for whom, asked through OpenFeature, evaluated from memory."""
