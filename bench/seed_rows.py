# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the seeder fills tables with: lines of COPY in text format, the same ones for the same seed.

Values are uneven on purpose: a few chargers and tokens are used by most transactions, and every column that a list
filters by has a value that most rows share and one that hardly any has.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from csms.domain.metering import sample_code
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.partitions import months_before

ORGANIZATIONS: Final = (
    (str(DEFAULT_ORGANIZATION_ID), "CSMS Lite", 0.97),
    ("00000000-0000-7000-8000-0000000000b1", "Harbour Works", 0.02),
    ("00000000-0000-7000-8000-0000000000b2", "Little Hotel", 0.01),
)
# Rows at scale 1.
FULL: Final = {
    "chargers": 50_000,
    "tokens": 200_000,
    "transactions": 1_000_000,
    "status_history": 1_000_000,
    "ocpp_messages": 500_000,
    "audit_log": 200_000,
    "commands": 300_000,
    "security_events": 100_000,
    "configurations": 200_000,
    "device_events": 100_000,
}
READINGS: Final = 10  # of a transaction, on average
MONTHS: Final = 12
NODE: Final = "bench-node"
VENDORS: Final = ("Alfa", "Brava", "Carga", "Delta", "Enova", "Fuente")
REASONS: Final = ("EVDisconnected", "Local", "Remote", "StoppedByEV", "EnergyLimitReached", "PowerLoss")
ACTIONS: Final = ("MeterValues", "Heartbeat", "StatusNotification", "StartTransaction", "StopTransaction")
COMMANDS: Final = ("change_availability", "reset", "remote_start", "unlock_connector", "get_configuration")
_AC: Final = [("Power.Active.Import", None), *(("Current.Import", f"L{n}") for n in (1, 2, 3)), ("Voltage", "L1-N")]
_REGISTER: Final = sample_code("Energy.Active.Import.Register", None, None)
_AC_CODES: Final = ",".join(str(code) for code in (_REGISTER, *(sample_code(m, p, None) for m, p in _AC)))
_DC_CODES: Final = ",".join(
    str(code)
    for code in (
        _REGISTER,
        sample_code("Power.Active.Import", None, None),
        sample_code("Voltage", None, None),
        sample_code("SoC", None, "EV"),
    )
)
Session = tuple[str, int, int, str, datetime, int, int, int, bool]
"""Organization, charger, connector, id, beginning, seconds, readings, register at the beginning, direct current."""


def cell(value: Any) -> str:
    """A value as COPY reads it."""
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case datetime():
            return value.isoformat()
        case dict():
            value = json.dumps(value, separators=(",", ":"))
        case list() | tuple():
            value = "{" + ",".join(str(item) for item in value) + "}"
        case bytes():
            value = "\\x" + value.hex()
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def line(values: Sequence[Any]) -> bytes:
    """A row as COPY reads it."""
    return ("\t".join([cell(value) for value in values]) + "\n").encode()


@dataclass
class World:
    """What all tables agree on."""

    scale: float
    now: datetime
    seed: int = 1
    rows: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {name: max(20, round(count * self.scale)) for name, count in FULL.items()}
        self.since = months_before(self.now, MONTHS)
        edges = [self.rows["chargers"] - max(3, round(self.rows["chargers"] * share)) for _, _, share in ORGANIZATIONS]
        self._first_small, self._second_small = edges[2] - (self.rows["chargers"] - edges[1]), edges[2]

    def dice(self, what: str) -> random.Random:
        """Its own for each table: a change to one leaves the others as they are."""
        return random.Random(f"{self.seed}/{what}")

    def organization(self, charger: int) -> str:
        """Whose charger it is: the last ones belong to the small organizations."""
        return ORGANIZATIONS[(charger >= self._first_small) + (charger >= self._second_small)][0]

    def charger(self, dice: random.Random) -> int:
        """One of them; half of all come from a quarter of the chargers."""
        return int(self.rows["chargers"] * dice.random() ** 2)

    def tag(self, dice: random.Random) -> str:
        """One of the tokens; the first of 200,000 has 2 % of all transactions."""
        return tag(int(self.rows["tokens"] * dice.random() ** 3))

    def moment(self, dice: random.Random, days: float = 365) -> datetime:
        """Lately, within so many days."""
        return self.now - timedelta(seconds=dice.random() * days * 86_400)


def identity(charger: int) -> str:
    """The name of the n-th charger, as operators name them."""
    return f"{VENDORS[charger * 7 % 6][:2].upper()}-{charger * 7_919 % 1_000_003:06d}"


def tag(number: int) -> str:
    """The value of the n-th token: most are seven bytes in hex, some are contracts."""
    mixed = number * 2_654_435_761 % 2**56
    return f"DE-ABC-C{mixed % 10**8:08d}-{number % 10}" if number % 25 == 24 else f"{mixed:014X}"


def uuid_at(at: datetime, dice: random.Random) -> str:
    """A UUIDv7 of that time."""
    text = f"{int(at.timestamp() * 1000):012x}7{dice.getrandbits(12):03x}{0x8 << 60 | dice.getrandbits(60):016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def seldom(dice: random.Random, usual: Sequence[str], rare: str, share: float = 0.0005) -> str:
    """A value that most rows share, one of the others, or the rare one."""
    chance = dice.random()
    if chance < share:
        return rare
    return usual[0] if chance < 0.6 else usual[int(chance * 1e6) % len(usual)]


def sessions(world: World, month: datetime, until: datetime) -> Iterator[Session]:
    """The charging sessions that began in a month, in order."""
    dice = world.dice(f"sessions/{month:%Y%m}")
    whole = (world.now - world.since).total_seconds()
    begin, end = month.timestamp(), min(until, world.now).timestamp()
    count = round(world.rows["transactions"] * (end - begin) / whole)
    for at in sorted(begin + dice.random() * (end - begin - 60) for _ in range(count)):
        charger = world.charger(dice)
        seconds = min(int(600 + dice.random() ** 2 * 30_000), int(end - at))
        yield (
            world.organization(charger), charger, 1 + (dice.random() < 0.4),
            uuid_at(datetime.fromtimestamp(at, UTC), dice), datetime.fromtimestamp(int(at), UTC),
            seconds, dice.randint(2, 2 * READINGS - 2), dice.randint(10_000, 9_000_000), charger % 4 == 0,
        )  # fmt: skip


TRANSACTIONS: Final = (
    "id", "organization_id", "charger_id", "charger_name", "evse_id", "connector_id", "transaction_id", "id_tag",
    "authorization", "meter_start", "meter_stop", "energy_wh", "start_timestamp", "stop_timestamp",
    "start_received_at", "stop_received_at", "status", "reason", "flags", "charger_ref", "phase", "created_at",
    "updated_at",
)  # fmt: skip


def transactions(world: World, found: Sequence[Session], first: int) -> Iterator[bytes]:
    """Sessions as rows; `first` is the number of the first one."""
    dice = world.dice(f"transactions/{first}")
    recent = world.now - timedelta(hours=12)
    for number, (organization, charger, connector, key, at, seconds, _, register, direct) in enumerate(found, first):
        stop, name = at + timedelta(seconds=seconds), identity(charger)
        chance = dice.random()
        status = "active" if at > recent and chance < 0.6 else "suspect" if chance > 0.99 else "completed"
        energy = seconds * (14 if direct else 2)
        flags = "{late_readings}" if chance < 0.02 else "{implausible_jump}" if chance > 0.9995 else "{}"
        late = timedelta(days=3) if chance > 0.997 else timedelta(seconds=1)
        ended = status == "completed"
        heard, told = min(at + late, world.now), min(stop + late, world.now) if ended else _NULL
        text = (
            f"{key}\t{organization}\t{name}\tPlace {charger}\t{connector}\t{connector}\t{number}\t{world.tag(dice)}\t"
            f"accepted\t{register}\t{register + energy if ended else _NULL}\t{energy if ended else _NULL}\t{at}\t"
            f"{stop if ended else _NULL}\t{heard}\t{told}\t{status}\t"
            f"{seldom(dice, REASONS, 'EmergencyStop') if ended else _NULL}\t{flags}\t"
            f"{f'{name}-{number:x}' if direct else _NULL}\t{_NULL if ended else 'charging'}\t"
            f"{heard}\t{stop}\n"
        )
        yield text.encode()


_NULL: Final = "\\N"
METERS: Final = (
    "organization_id", "charger_id", "evse_id", "connector_id", "transaction", "received_at", "measured_at", "context",
    "energy_wh", "codes", "values",
)  # fmt: skip


def readings(found: Sequence[Session], until: datetime) -> Iterator[bytes]:
    """The readings of sessions; all in the month of their beginning."""
    ac = [f"{7000 + n * 11},{10 + n % 6}.{n % 10}2,{10 + n % 5}.7,{9 + n % 7}.81,{226 + n % 9}.4" for n in range(97)]
    dc = [f"{20_000 + n * 977},{380 + n}.5,{n % 100}" for n in range(97)]
    for organization, charger, connector, key, at, seconds, count, register, direct in found:
        head = f"{organization}\t{identity(charger)}\t{connector}\t{connector}\t{key}\t"
        codes, tails, rate = (_DC_CODES, dc, 14) if direct else (_AC_CODES, ac, 2)
        lines = []
        for index in range(count):
            elapsed = seconds * index // count
            when = min(at + timedelta(seconds=elapsed), until)
            energy = register + elapsed * rate
            context = 0 if index else 2
            lines.append(
                f"{head}{when}\t{when}\t{context}\t{energy}\t{{{codes}}}\t{{{energy},{tails[(energy + index) % 97]}}}\n"
            )
        yield "".join(lines).encode()
