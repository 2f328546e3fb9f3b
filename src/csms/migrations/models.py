# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the models say the schema is, for Alembic and for the test that compares the two."""

import importlib
import importlib.util
import pkgutil
import re

import csms.features

_PARTITION = re.compile(r"^(meter_values|status_history|ocpp_messages|api_requests)_\d+$")
_FOREIGN = ("pgqueuer", "alembic_version")


def load_tables() -> None:
    """Import every module that declares tables."""
    for feature in pkgutil.iter_modules(csms.features.__path__):
        found = importlib.util.find_spec(f"csms.features.{feature.name}")
        for module in pkgutil.iter_modules(found.submodule_search_locations if found is not None else None):
            if module.name.endswith("tables"):
                importlib.import_module(f"csms.features.{feature.name}.{module.name}")
    for name in ("csms.kit.db.outbox", "csms.kit.db.processes", "csms.kit.jobs.tables"):
        importlib.import_module(name)


def include_object(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Partitions and other people's tables are no concern of the models."""
    return not (kind == "table" and name and (_PARTITION.match(name) or name.startswith(_FOREIGN)))
