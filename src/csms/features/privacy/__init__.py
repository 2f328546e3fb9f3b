# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A person's data: handed out, and erased. Where it stands is declared in main; this feature knows how."""
