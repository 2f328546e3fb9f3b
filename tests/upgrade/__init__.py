# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Every released version's database, kept with data in it: the present version has to take each of them over.

`<version>.dump` is a file that `csms backup` of that version wrote. At a release: `python -m tests.upgrade.make`.
"""
