# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Virtual chargers on the same `RpcSession` as the gateway, in client role.

Used by `csms simulate`, tests and the bench.
"""
