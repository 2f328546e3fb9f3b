# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Background jobs: enqueued inside the caller's transaction, run at least once by a worker, seen by people.

`base` is the port that features know; `pgqueuer` runs on PostgreSQL, `memory` in unit tests. A job that people see is
a row of `jobs` (`tables`); the row of the queue behind it belongs to PgQueuer.
"""
