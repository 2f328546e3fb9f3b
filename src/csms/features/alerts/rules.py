# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Pure rules of alerts: words made harmless, quiet hours, one outage, clocks that jump; and the ports."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from csms.domain.texts import inert
from csms.features.notifications.service import Message, MessageKind
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitOfWork

Row: TypeAlias = Mapping[Any, Any]
"""A row of a query, or values to be one."""

SEVERITIES: Final = ("info", "warning", "critical")
STATUSES: Final = ("open", "acknowledged", "snoozed", "resolved")
_MAX_TITLE: Final = 300
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_JUMP_S: Final = 30.0


class Notifier(Protocol):
    """Who sends messages over channels, with the transaction it is given."""

    async def send(self, uow: UnitOfWork, channel_ids: Sequence[UUID], message: Message) -> None:
        """Send it over these channels, or keep it to be sent once the transaction is committed."""
        ...


class Premises(Protocol):
    """What the installation stands on."""

    def disk_used(self) -> float:
        """The share of the disk that is used, with the data directory."""
        ...

    def certificates(self) -> Mapping[str, datetime]:
        """When the server's own certificates end, by the door they stand at."""
        ...


def named_in(scope: Row) -> tuple[list[str] | None, list[UUID] | None]:
    """The chargers, and the sites and groups, that a scope names; neither: all chargers."""
    places = [UUID(each) for name in ("sites", "groups") for each in scope.get(name, ())]
    return scope.get("chargers"), places or None


def concerns(scope: Row, charger_id: str, places: Collection[UUID]) -> bool:
    """Whether a charger at these places is in a scope."""
    chargers, placed = named_in(scope)
    if chargers is None and placed is None:
        return True
    return charger_id in (chargers or ()) or not frozenset(placed or ()).isdisjoint(places)


def _who(charger_id: str | None, connector_id: int | None, details: Mapping[str, Any]) -> str:
    who = inert(charger_id or "")
    if name := inert(details.get("name") or ""):
        who = f"{who} ({name})"
    return who if not connector_id else f"{who}, connector {connector_id}"


# By kind: what follows the name of the charger. Values come out of `inert`, and none of them is a template itself.
_SAYS: Final = {
    "offline": "is offline",
    "faulted": "is faulted",
    "flapping": "connects again and again",
    "no_meter_values": "sends no meter values",
    "implausible_meter": "sent implausible meter values",
    "certificate_expiry": "has a certificate that ends soon",
    "security_event": "told of a security event",
    "version_downgraded": "came back with an older OCPP version",
    "command_failed": "did not do what it was told",
    "configuration_drift": "differs from its configuration template",
    "clock_offset": "has a wrong clock",
    "boot_rejected": "booted and may not work",
}
_OF_INSTALLATION: Final = {
    "disk": "The disk is filling up",
    "failed_jobs": "Background work failed",
    "certificate_expiry": "A certificate of this server ends soon",
}


def title_of(kind: str, charger_id: str | None, connector_id: int | None, details: Mapping[str, Any]) -> str:
    """One line that says what is the matter; `details["what"]` is added in a charger's or program's own words."""
    if charger_id is None:
        says = _OF_INSTALLATION.get(kind, kind)
    else:
        says = f"{_who(charger_id, connector_id, details)} {_SAYS[kind]}"
    what = inert(details.get("what") or "")
    return inert(f"{says}: {what}" if what else says, _MAX_TITLE)


def group_title(kind: str, members: int) -> str:
    """One line for all of an outage."""
    says = {"offline": "offline", "faulted": "faulted"}.get(kind)
    return f"{members} chargers {says}" if says else f"{members} alerts of the kind {kind} at once"


def body_of(row: Row) -> str:
    """A message's text beyond its title."""
    lines = [f"Rule: {inert(row['rule_name'])}", f"Since: {row['began_at']:%Y-%m-%d %H:%M:%S} UTC"]
    if row["count"] > 1:
        lines.append(f"Times: {row['count']}")
    if row["status"] == "resolved" and row["resolved_at"] is not None:
        lines.append(f"Resolved: {row['resolved_at']:%Y-%m-%d %H:%M:%S} UTC")
    return "\n".join(lines)


def message_of(row: Row, base_url: str | None, now: datetime) -> Message:
    """What is told of an alert: that it stands, or that it is over."""
    over = row["status"] == "resolved"
    return Message(
        kind="alert_resolved" if over else "alert_raised",
        severity=row["severity"],
        title=f"Resolved: {row['title']}" if over else row["title"],
        body=body_of(row),
        url=None if base_url is None else f"{base_url}/alerts/{row['id']}",
        dedup=f"alert:{row['id']}:{now.isoformat()}",
    )


def _example(**more: Any) -> Message:
    began = datetime(2026, 3, 14, 8, 5, tzinfo=UTC)
    row = {
        "id": UUID("0195935f-4d00-7000-8000-000000000001"),
        "severity": "critical",
        "status": "open",
        "title": title_of("offline", "CP-0815", None, {"name": "Harbour, bay 3"}),
        "rule_name": "Charger offline",
        "began_at": began,
        "count": 1,
        "resolved_at": None,
        **more,
    }
    return message_of(row, "https://csms.example.com", began)


MESSAGES: Final = (
    MessageKind("An alert was raised, or is told again.", _example()),
    MessageKind("An alert is over.", _example(status="resolved", resolved_at=datetime(2026, 3, 14, 9, 30, tzinfo=UTC))),
)
"""What is sent over channels, with examples."""


def _instant(day: date, at: str, zone: ZoneInfo, *, late: bool) -> datetime:
    """A wall time of a day. One that comes twice is its first, as an end its last; one that is left out comes after."""
    hours, minutes = at.split(":")
    local = datetime.combine(day, time(int(hours), int(minutes)), zone)
    instant = local.astimezone(ZoneInfo("UTC"))
    return max(instant, local.replace(fold=1).astimezone(ZoneInfo("UTC"))) if late else instant


def quiet_until(quiet: Mapping[str, Any] | None, now: datetime) -> datetime | None:
    """When the quiet hours end in which an instant lies; None where it lies in none."""
    if quiet is None:
        return None
    zone = ZoneInfo(quiet["time_zone"])
    until = now
    for _ in range(15):  # windows that follow each other are one
        ends = [end for begin, end in _windows(quiet, until, zone) if begin <= until < end]
        if not ends:
            break
        until = max(ends)
    return until if until > now else None


def _windows(quiet: Mapping[str, Any], at: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Windows that began on the day of an instant, or the day before."""
    today = at.astimezone(zone).date()
    found = []
    for day in (today - timedelta(days=1), today):
        for window in quiet["windows"]:
            if _DAYS[day.weekday()] in window["days"]:
                begins, ends = window["begins"], window["ends"]
                last = day if ends > begins else day + timedelta(days=1)
                found.append((_instant(day, begins, zone, late=False), _instant(last, ends, zone, late=True)))
    return found


def outages(times: Sequence[datetime], over: int, within_s: float) -> list[range]:
    """Where more than `over` instants of a sorted row lie within so many seconds; what overlaps is one."""
    found: list[range] = []
    first = 0
    for last, at in enumerate(times):
        while (at - times[first]).total_seconds() > within_s:
            first += 1
        if last - first + 1 > over:
            begin = min(first, found.pop().start) if found and found[-1].stop > first else first
            found.append(range(begin, last + 1))
    return found


class Steady:
    """Notices when the wall clock jumps, so that it is not taken for time that went by.

    A stamp from before a jump forward looks older than it is: so long as it may be from before, more is asked for. One
    from before a jump back lies in the future: it is as old as the time since the jump, at least.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._monotonic = clock.now(), clock.monotonic()
        self._jump_s = 0.0
        self._since: float | None = None

    def look(self) -> float:
        """How far the wall clock has jumped since the last look, in seconds; mostly 0."""
        wall, monotonic = self._clock.now(), self._clock.monotonic()
        jump_s = (wall - self._wall).total_seconds() - (monotonic - self._monotonic)
        self._wall, self._monotonic = wall, monotonic
        if abs(jump_s) < _JUMP_S:
            return 0.0
        self._jump_s, self._since = jump_s, monotonic
        return jump_s

    def settled(self, seconds: float) -> bool:
        """Whether the last jump lies so far back."""
        return self._since is None or self._clock.monotonic() - self._since >= seconds

    def before(self, seconds: float) -> datetime:
        """A state that began before that has lasted so long."""
        handicap_s = 0.0 if self.settled(seconds) else max(self._jump_s, 0.0)
        return self._clock.now() - timedelta(seconds=seconds + handicap_s)
