# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The OCPP-J wire: frames, sessions, generated message types, validation. Pure, and imports nothing else of csms.

* `rpc` (with `events`, `frames`): `RpcSession`, one connection's frames in and out; no I/O, no role.
* `codec`: payload bytes to message and back; `validate` (with `judge`, `nodes`) explains and forgives;
  `guards` looks before anything is parsed.
* `errors`: `LocalProtocolError` is our bug, `RemoteProtocolError` the peer's; error codes in each version's spelling.
* `v16`, `v201`, `v21`: written by `codegen` from the official schemas, on what `wire` defines.

Called by `dialects`, `gateway` and `simulator`. Never here: sockets, tasks, clocks, storage, or what a message means.
"""
