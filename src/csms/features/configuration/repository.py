# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the configuration feature under the application's role; the database holds each query to one organization."""

from typing import Final

from csms.features.configuration.tables import configurations
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
