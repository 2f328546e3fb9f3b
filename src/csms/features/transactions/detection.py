# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which transactions need attention, and why: SQL over a row of `transactions`.

What is doubted of a transaction is flagged already; here flags are summed up, and joined by what time brings: nothing
changes a row when no reading comes. `CANDIDATES` is the condition of an index (ix_transactions_attention): a filter is
asked of those rows only. What is looked up is a value with a LIMIT, not an EXISTS: of that the planner may make a hash
of all connections, or of every reading of the last minutes, to judge a page of fifty. IS NOT DISTINCT FROM uses no
index: by transaction a reading of the last minutes would be found behind all that came before it.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, literal_column
from sqlalchemy.dialects.postgresql import ARRAY

from csms.domain import transactions as flags
from csms.kit.http.filters import Filter, InvalidFilterError

SILENT_MINUTES: Final = 15
LONG_HOURS: Final = 24
BRIEF_MINUTES: Final = 5
ANY: Final = "any"

CANDIDATES: Final = (
    "(transactions.status <> 'completed' OR transactions.flags <> '{}' OR transactions.energy_wh IS NULL"
    " OR transactions.energy_wh <= 0)"
)
_OPEN: Final = "transactions.status <> 'completed'"
_OVER: Final = "transactions.status = 'completed'"
_SILENT: Final = f"now() - interval '{SILENT_MINUTES} minutes'"


def _flagged(*names: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return f"transactions.flags && ARRAY[{listed}]::varchar[]"


REASONS: Final[dict[str, str]] = {
    "charger_offline": f"""{_OPEN} AND (SELECT true FROM charger_connections l
        JOIN gateway_nodes n ON n.id = l.node_id
        WHERE l.charger_id = transactions.charger_id AND l.online AND n.lease_until > now() LIMIT 1) IS NULL""",  # noqa: S608  (constants)
    "no_meter_values": f"""transactions.status = 'active' AND transactions.start_received_at < {_SILENT}
        AND (SELECT true FROM meter_values m
        WHERE m.charger_id = transactions.charger_id AND m.received_at > {_SILENT}
        AND m.transaction IS NOT DISTINCT FROM transactions.id LIMIT 1) IS NULL""",  # noqa: S608  (constants)
    "open_too_long": f"{_OPEN} AND transactions.start_received_at < now() - interval '{LONG_HOURS} hours'",
    "not_ended": "transactions.status = 'suspect'",
    "zero_energy": f"""{_OVER} AND transactions.energy_wh <= 0 AND coalesce(
        transactions.stop_timestamp - transactions.start_timestamp >= interval '{BRIEF_MINUTES} minutes', true)""",
    "energy_unknown": f"{_OVER} AND transactions.energy_wh IS NULL",
    "meter_jump": _flagged(
        flags.FLAG_IMPLAUSIBLE_JUMP,
        flags.FLAG_IMPLAUSIBLE_STOP,
        flags.FLAG_REGISTER_BACKWARDS,
        flags.FLAG_REGISTER_RESET,
        flags.FLAG_NEGATIVE_REGISTER,
        flags.FLAG_BEGIN_ZERO,
    ),
    "time_jump": _flagged(flags.FLAG_CLOCK_UNSET, flags.FLAG_FUTURE, flags.FLAG_STOP_BEFORE_START),
    "events_missing": _flagged(flags.FLAG_UNKNOWN_TRANSACTION, flags.FLAG_START_MISSING, flags.FLAG_MISSING_EVENTS),
    "not_authorized": _flagged(flags.FLAG_UNKNOWN_TOKEN, flags.FLAG_NOT_ACCEPTED),
}
_CASES: Final = ", ".join(f"CASE WHEN {condition} THEN '{reason}' END" for reason, condition in REASONS.items())
ATTENTION: Final[ColumnElement[Any]] = literal_column(
    f"(CASE WHEN {CANDIDATES} THEN array_remove(ARRAY[{_CASES}]::varchar[], NULL) ELSE '{{}}'::varchar[] END)",
    ARRAY(String),
)


class AttentionFilter(Filter):
    """`attention=any`, or one of the reasons."""

    def condition(self, name: str, operator: str | None, raw: Sequence[str]) -> ColumnElement[bool]:
        """Of the few rows that an index has, those with one of these reasons."""
        if operator is not None:
            raise InvalidFilterError(f"{name} has no [{operator}]; it has {name}= only")
        asked = {self.parse(name, each) for each in raw}
        wanted = REASONS.keys() if ANY in asked else asked
        reasons = " OR ".join(f"({REASONS[reason]})" for reason in REASONS if reason in wanted)
        rows: ColumnElement[bool] = literal_column(CANDIDATES)
        found: ColumnElement[bool] = literal_column(f"({reasons})")
        return and_(rows, found)


BY_ATTENTION: Final = AttentionFilter(literal_column("attention", String), values=(ANY, *REASONS))
