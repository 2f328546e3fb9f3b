# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What every HTTP route stands on.

principal and require (who may), problems (RFC 9457), paging and filters (lists), json, ratelimit, middleware. Knows
neither chargers nor users: the composition root injects who authenticates.
"""
