# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Virtual chargers on the same `RpcSession` as the gateway, in client role.

Used by `csms simulate`, `make demo`, tests and the bench. From below: `simtime` (accelerated time, one timer wheel),
`physics` (batteries), `device` (connectors), `connection` (the socket), `charger` (the machine), `orders` (what it does
when told), `memory`, `model`, `limits`, `keys`, `transfers` (what it keeps, applies, proves and carries), `speech` with
`v16*` and `v2*` (OCPP versions), `session` and `story` (drivers), `script` (scenarios), `fleet` and `cli`. Never here:
storage, and anything of the CSMS but its wire library.
"""
