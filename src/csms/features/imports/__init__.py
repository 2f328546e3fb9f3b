# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of chargers, tokens and whatever else has an importer: read, tried, applied row by row, told row by row.

`importers` is the one place that knows what can be imported. A file is read into rows by a child process (in
csms.kit.spreadsheets); from then on the rows in the database are all there is: each has its result, written in the
transaction that made it.
"""
