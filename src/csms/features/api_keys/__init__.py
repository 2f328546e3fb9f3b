# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Keys for programs: `X-API-Key`, with permissions of their own, an end, and a rotation without a gap."""
