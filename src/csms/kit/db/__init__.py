# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL: engines and pools, unit of work, group commit, outbox, the embedded server, backups."""
