# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Virtual OCPP 1.6 chargers with cars that come, charge and leave."""
