# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What belongs to the chargers of a site, as a condition that an index serves."""

from uuid import UUID

from sqlalchemy import String, column
from sqlalchemy.dialects import postgresql

from csms.features.chargers.whereabouts import site_filter
from csms.kit.http.spellings import LookedUp

SITE = UUID(int=7)


def _standing() -> LookedUp:
    found = site_filter(column("charger_id", String)).condition("site_id", None, [str(SITE)])
    assert isinstance(found, LookedUp)
    return found


def _sql(known: list[str] | None) -> str:
    return str(_standing().known(known).compile(dialect=postgresql.dialect()))


def test_chargers_of_a_site_are_named_where_they_are_few() -> None:
    """None at all is nothing; of more than are worth naming the table is asked, as of what was not looked up."""
    assert _sql([]) == "false"
    assert "ANY" in _sql(["A", "B"])
    assert "SELECT" not in _sql(["A", "B"])
    asked = "SELECT chargers.id"
    assert asked in _sql([f"C{number}" for number in range(1_001)])
    assert asked in _sql(None)
    assert asked in str(_standing().compile(dialect=postgresql.dialect()))
