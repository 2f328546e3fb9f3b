# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The bus rings the bell: live events, request/reply, wake-ups. PostgreSQL remembers; nothing here does."""
