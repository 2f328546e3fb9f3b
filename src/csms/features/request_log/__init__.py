# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who asked the API for what, and what it answered: kept for some days, written beside the requests."""
