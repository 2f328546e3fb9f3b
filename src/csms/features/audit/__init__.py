# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who did what: the audit log, and the proof that nobody changed it. Lines are written by units of work, not here."""
