# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the request log under the application's role; the database holds each query to one organization."""

from typing import Final

from csms.features.request_log.tables import api_requests
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_r = api_requests.c
REQUESTS: Final = Listing(
    columns={column.name: column for column in _r if column.name != "organization_id"},
    key=_r.id,
    sorts={"at": _r.at},
    default_sort="-at",
    filters={
        "at": Filter(_r.at),
        "method": Filter(_r.method),
        "path": Filter(_r.path),
        "route": Filter(_r.route),
        "status": Filter(_r.status),
        "actor_kind": Filter(_r.actor_kind, values=("user", "api_key")),
        "actor_id": Filter(_r.actor_id),
        "actor_name": Filter(_r.actor_name),
        "address": Filter(_r.address),
        "request_id": Filter(_r.request_id),
        "trace_id": Filter(_r.trace_id),
        "took_ms": Filter(_r.took_ms),
    },
    paper=("at", "method", "path", "status", "actor_name", "address", "took_ms"),
)
