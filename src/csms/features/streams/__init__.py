# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Events of all organizations out to a message broker, in the form that webhooks send."""
