# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules of firmware campaigns that need no database: windows, waves, whom an image fits, a charger's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

BUSY: Final = ("sent", "downloading", "downloaded", "installing", "verifying")
ENDED: Final = ("installed", "skipped", "failed", "expired", "cancelled")
STATUSES: Final = ("waiting", *BUSY, *ENDED)
AGAIN: Final = ("failed", "expired", "cancelled")
"""What may be tried again."""
VERIFY_WITHIN: Final = timedelta(minutes=15)
"""A charger that says Installed tells its new version within this time."""

# -- the maintenance window --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """A part of one weekday (1 is Monday), in local time; without `end` until midnight."""

    weekday: int
    begin: time
    end: time | None

    def holds(self, local: datetime) -> bool:
        """Whether a local time lies in it."""
        clock = local.time()
        return local.isoweekday() == self.weekday and self.begin <= clock and (self.end is None or clock < self.end)


Window = Sequence[Span]


def read_window(stored: Sequence[Mapping[str, Any]] | None) -> Window | None:
    """A window as it is stored; None: always."""
    if stored is None:
        return None
    return [
        Span(
            each["weekday"],
            time.fromisoformat(each["begin"]),
            None if each["end"] == "24:00" else time.fromisoformat(each["end"]),
        )
        for each in stored
    ]


def is_open(window: Window | None, zone: ZoneInfo, now: datetime) -> bool:
    """Whether it is time in a time zone."""
    local = now.astimezone(zone)
    return window is None or any(span.holds(local) for span in window)


def next_change(window: Window, zone: ZoneInfo, now: datetime) -> datetime:
    """The next instant at which the window may open or close there; it stays as it is until then."""
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=offset) for offset in range(-1, 9)]
    edges = [
        instant
        for day in days
        for span in window
        if span.weekday == day.isoweekday()
        for edge in (span.begin, span.end)
        for instant in _instants(
            datetime.combine(day + timedelta(days=edge is None), edge or time()),
            zone,
        )
    ]
    return min((each for each in edges if each > now), default=now + timedelta(days=7))


def _instants(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """When clocks show a local time: once; twice where they are set back; where they skip it, when they skip it."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return [first, second]
    early, late = second, first
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        early, late = (middle, late) if middle.astimezone(zone).utcoffset() == before else (early, middle)
    return [late.replace(microsecond=0)]


# -- waves -------------------------------------------------------------------------------------------------------------


def wave_sizes(waves: Sequence[Mapping[str, Any]], count: int) -> list[int]:
    """How many chargers are in each wave; who is left over makes one more. No wave is empty."""
    sizes: list[int] = []
    left = count
    for wave in waves:
        percent = wave.get("percent")
        wanted = wave["chargers"] if percent is None else -(-count * percent // 100)
        size = min(int(wanted), left)
        if not size:
            break
        sizes.append(size)
        left -= size
    return [*sizes, left] if left else sizes


def between(waves: Sequence[Mapping[str, Any]], wave: int) -> tuple[timedelta, bool]:
    """How long after a wave the next begins, and whether somebody has to say so."""
    if wave > len(waves):
        return timedelta(), False
    named = waves[wave - 1]
    return timedelta(seconds=named.get("pause_s") or 0), named.get("then") == "manual"


def too_many_failed(percent: int | None, failed: int, begun: int) -> bool:
    """More than so many per cent of the chargers of the waves so far."""
    return percent is not None and failed * 100 > percent * begun


# -- whom an image fits ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be installed: the version that chargers tell then, for whose chargers it is, and how."""

    version: str | None
    vendor: str | None = None
    model: str | None = None
    signed: bool = False
    dated: bool = False


def fitness(plan: Plan, charger: Mapping[str, Any]) -> tuple[str, str | None]:
    """update, already or unable; and why not."""
    if plan.version is not None and charger["firmware_version"] == plan.version:
        return "already", f"it has {plan.version} already"
    for name in ("vendor", "model"):
        wanted, own = getattr(plan, name), charger[name]
        if wanted and own and wanted.casefold() != own.casefold():
            return "unable", f"the image is for the {name} {wanted}, and this is {own}"
    if plan.dated and not plan.signed and charger["protocol"] == "ocpp1.6":
        return "unable", "OCPP 1.6 cannot say when to install firmware that is not signed"
    profiles = charger["feature_profiles"]
    if profiles and "firmwaremanagement" not in profiles.replace(" ", "").casefold().split(","):
        return "unable", "its SupportedFeatureProfiles have no FirmwareManagement"
    if charger["refused"]:
        return "unable", "it answered NotSupported or NotImplemented when it was last asked to update its firmware"
    return "update", None


# -- what a charger's words mean ---------------------------------------------------------------------------------------

_STAGES: Final = {
    "DownloadScheduled": "downloading",
    "DownloadPaused": "downloading",
    "Downloading": "downloading",
    "Downloaded": "downloaded",
    "SignatureVerified": "downloaded",
    "InstallScheduled": "downloaded",
    "Installing": "installing",
    "InstallRebooting": "installing",
}
_FAILURES: Final = frozenset(
    {"DownloadFailed", "InstallationFailed", "InstallVerificationFailed", "InvalidSignature", "InvalidChecksum"}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a charger that is busy: its command, the last that it told since, and its last boot."""

    status: str
    command: str | None
    command_reason: str | None
    sent_at: datetime | None
    word: str | None
    info: str | None
    told_at: datetime | None
    version: str | None
    boot_at: datetime | None


@dataclass(frozen=True, slots=True)
class Patience:
    """What is waited for: the version, an install date, and how long a charger may be silent."""

    version: str | None
    install_at: datetime | None
    timeout: timedelta


def judge(seen: Seen, wanted: Patience, now: datetime) -> tuple[str, str | None]:
    """The status of a busy charger, and why: what it told, held against the version that it boots with."""
    if seen.command is None:
        return "failed", "its command is not kept any more"
    if seen.command == "pending" or seen.sent_at is None:
        return ("sent", None) if seen.command == "pending" else ("failed", _refusal(seen))
    if seen.command != "accepted" and (seen.command != "timed_out" or seen.word is None):
        return "failed", _refusal(seen)
    if _has_booted_with(wanted.version, seen):
        return "installed", None
    if seen.word in _FAILURES:
        return "failed", seen.word if seen.info is None else f"{seen.word}: {seen.info}"
    if seen.word == "Installed" and seen.told_at is not None:
        return _verified(seen, wanted.version, seen.told_at, now)
    last = max(each for each in (seen.sent_at, seen.told_at, wanted.install_at) if each is not None)
    if now - last > wanted.timeout:
        minutes = round(wanted.timeout.total_seconds() / 60)
        return "failed", f"nothing was heard for {minutes} minutes after {seen.word or 'it had accepted'}"
    return _STAGES.get(seen.word or "", seen.status), None


def _refusal(seen: Seen) -> str:
    return str(seen.command) if seen.command_reason is None else f"{seen.command}: {seen.command_reason}"


def _has_booted_with(version: str | None, seen: Seen) -> bool:
    if version is None or seen.boot_at is None or seen.sent_at is None:
        return False
    return seen.version == version and seen.boot_at >= seen.sent_at


def _verified(seen: Seen, version: str | None, told_at: datetime, now: datetime) -> tuple[str, str | None]:
    if version is None or seen.version == version:
        return "installed", None
    if seen.boot_at is not None and seen.boot_at > told_at:
        return "failed", f"it said Installed and booted with {seen.version} in place of {version}"
    if now - told_at > VERIFY_WITHIN:
        return "failed", f"it said Installed and still tells the version {seen.version} in place of {version}"
    return "verifying", f"it said Installed; its version is not {version} yet"
