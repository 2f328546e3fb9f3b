# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One command to many chargers: whom a filter names, a few at a time, with what became of it at each."""
