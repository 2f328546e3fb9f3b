# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where on a charger: an EVSE and its connector."""

from msgspec import Struct

from csms.domain.numbers import Natural


class Evse(Struct, frozen=True, forbid_unknown_fields=True):
    """An EVSE of the charger, and a connector of it."""

    id: Natural
    connector_id: Natural | None = None
