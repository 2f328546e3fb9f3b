# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists as files: CSV, XLSX, PDF, lines of JSON. Rows in, bytes out, a few rows at a time.

`formats` names what there is, each writer has a module. Nothing here reads a database or a request; texts are those of
strangers, and no writer lets one become a formula, markup or a link.
"""
