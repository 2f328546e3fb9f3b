# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Users, their roles, and organizations: who may do what where. Signing in is in `accounts`."""
