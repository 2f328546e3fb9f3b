# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Organizations, users, sign-in. The lowest feature: all others may call its service."""
