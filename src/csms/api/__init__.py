# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The HTTP door: mounts the features' routers, the live stream, the API document and two plain pages. No rule here."""
