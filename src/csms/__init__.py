# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""CSMS Lite: an open charging station management system.

Three foundations that do not know each other (`domain`, `ocpp`, `kit`), joined by `dialects` (domain and ocpp) and
`features` (domain and kit), opened to the world by three doors (`gateway`, `api`, `worker`) and put together in `main`.
docs/explain/architecture.md tells the whole story; the import contracts in .importlinter enforce it.
"""
