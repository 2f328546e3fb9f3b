# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How the web app looks for an organization: its name, colour and logo, also before anybody has signed in."""
