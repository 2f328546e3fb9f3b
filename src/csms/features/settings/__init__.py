# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings that change while csms runs, with their history, known to every node from memory."""
