# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What people arranged for themselves in the web app: preferences, saved views of lists, dashboards."""
