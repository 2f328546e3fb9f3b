# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Wire <-> domain, one package per OCPP version and one module per functional block of the specification.

Pure functions and explicit tables. Never here: I/O, SQL, a version check that a feature should not know about.
"""
