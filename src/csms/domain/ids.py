# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Ids as types of their own, so that one cannot be passed for another."""

from typing import NewType
from uuid import UUID

ChargerId = NewType("ChargerId", str)
"""The OCPP identity of a charger, in the letter case it was provisioned with."""

OrganizationId = NewType("OrganizationId", UUID)
TransactionKey = NewType("TransactionKey", UUID)
"""Our own key of a transaction; the number that a 1.6 charger knows is its `ref`."""

CommandId = NewType("CommandId", UUID)
