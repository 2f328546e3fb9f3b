# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the configuration feature under the application's role; the database holds each query to one organization."""

from typing import Final

from csms.features.configuration.tables import configuration_history, configurations
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_k = configurations.c
CONFIGURATION: Final = Listing(
    columns={
        "key": _k.key,
        "value": _k.value,
        "readonly": _k.readonly,
        "created_at": _k.created_at,
        "updated_at": _k.updated_at,
    },
    key=_k.id,
    sorts={"key": _k.key, "updated_at": _k.updated_at},
    default_sort="key",
    filters={"key": Filter(_k.key), "readonly": Filter(_k.readonly)},
)
OF_CHARGER: Final = _k.charger_id

_h = configuration_history.c
HISTORY: Final = Listing(
    columns={
        "id": _h.id,
        "key": _h.key,
        "old_value": _h.old_value,
        "new_value": _h.new_value,
        "actor_name": _h.actor_name,
        "command": _h.command,
        "at": _h.at,
    },
    key=_h.id,
    sorts={"at": _h.at},
    default_sort="-at",
    filters={"key": Filter(_h.key), "actor_name": Filter(_h.actor_name), "at": Filter(_h.at)},
)
HISTORY_OF_CHARGER: Final = _h.charger_id
