# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One change to many chargers or tokens: whom a filter names, one after the other, with what became of it at each."""
