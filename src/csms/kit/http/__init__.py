# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What every HTTP route needs: principal, permission, paging, filters, problem documents, rate limits."""
