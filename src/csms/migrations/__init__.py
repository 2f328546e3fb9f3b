# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Alembic migrations. Dated file names; expand, backfill, contract; `lock_timeout` in the template."""
