# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The composition root: command line, settings and plain constructor calls.

The only package that knows all the others.
"""
