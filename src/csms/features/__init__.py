# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""One folder per product domain with the same file names in each.

docs/explain/architecture.md lists who may call whom.
"""
