# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The public door for extensions: what vendors say in DataTransfer, and commands of one's own.

A plug-in is a package with an entry point in the group `csms.plugins` that gives a `Plugin` (`hooks`). `registry` finds
and checks them, `desk` calls them, `testing` is the contract that authors run. Never here: OCPP wire types, database
tables.
"""
