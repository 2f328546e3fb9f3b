# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules that say when somebody should look, the alerts they raise, and what people did about them.

`jobs.py` looks at states in sets, one statement a rule; `handlers.py` hears of what happens once. Both raise through
`raising.py`. Nothing here sends a message: that is a Notifier's, see `rules.py`.
"""
