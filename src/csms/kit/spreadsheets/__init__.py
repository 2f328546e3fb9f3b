# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables that people made (CSV, Excel, OpenDocument), read as rows of text.

Files of strangers are never parsed in a process that holds connections: `reader` starts a child that reads within
limits of memory and time (`child`), and hands the rows on piece by piece. `csv_file` and `workbook` are what the child
does; `base` is what both sides agree on.
"""
