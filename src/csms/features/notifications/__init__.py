# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages to people: over which channels they go, in which words, what was sent and what was given up."""
