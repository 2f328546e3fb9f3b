# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The tables around chargers, as the seeder fills them: columns by name, rows one by one."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from bench.seed_rows import (
    ACTIONS,
    COMMANDS,
    NODE,
    ORGANIZATIONS,
    VENDORS,
    World,
    cell,
    identity,
    seldom,
    tag,
    uuid_at,
)

Row = dict[str, Any]
_AT_A_SITE: Final = 10
_SITES_IN_REGION: Final = 50
_REGION, _SITE = 0x8001, 0x8002
_TALK: Final = 2_000  # messages of the one that talks most: as many at each scale


def organizations(world: World) -> Iterator[Row]:
    """The small ones; the large one is the installation's own."""
    for key, name, _ in ORGANIZATIONS[1:]:
        yield {"id": key, "organization_id": key, "name": name, "created_at": world.since}


def gateway_nodes(world: World) -> Iterator[Row]:
    """A node that never lets go, so that chargers count as connected."""
    until = world.now + timedelta(days=3650)
    yield {"id": NODE, "organization_id": ORGANIZATIONS[0][0], "started_at": world.now, "lease_until": until}


def sites(world: World) -> Iterator[Row]:
    """Ten chargers share one; fifty sites are a region, which has no coordinates of its own."""
    dice = world.dice("sites")
    count = -(-world.rows["chargers"] // _AT_A_SITE)
    for region in range(-(-count // _SITES_IN_REGION)):
        key, name = _site_key(_REGION, region), f"Region {region}"
        organization = world.organization(region * _SITES_IN_REGION * _AT_A_SITE)
        yield {"id": key, "organization_id": organization, "parent_id": None, "path": [key], "name": name,
            "latitude": None, "longitude": None, "time_zone": "Europe/Berlin", "created_at": world.since}  # fmt: skip
    for number in range(count):
        path = _path(world, number)
        yield {"id": path[-1], "organization_id": world.organization(number * _AT_A_SITE),
            "parent_id": path[0] if len(path) > 1 else None, "path": path, "name": f"Site {number}",
            "latitude": round(47 + 8 * dice.random(), 6), "longitude": round(6 + 9 * dice.random(), 6),
            "time_zone": None, "created_at": world.moment(dice, 1_000)}  # fmt: skip


def _site_key(kind: int, number: int) -> str:
    return f"00000000-0000-7000-{kind:04x}-{number:012x}"


def _path(world: World, site: int) -> list[str]:
    """A site, after the region around it where that belongs to the same organization."""
    region = site // _SITES_IN_REGION
    owner = world.organization(region * _SITES_IN_REGION * _AT_A_SITE)
    inside = owner == world.organization(site * _AT_A_SITE)
    return [*([_site_key(_REGION, region)] if inside else []), _site_key(_SITE, site)]


def _places(world: World, charger: int) -> list[str]:
    """Where a charger is; one in ten is nowhere yet."""
    site = charger // _AT_A_SITE
    placed = charger % 10 != 9 and world.organization(charger) == world.organization(site * _AT_A_SITE)
    return _path(world, site) if placed else []


def chargers(world: World) -> Iterator[Row]:
    """Most were accepted long ago; a few wait, are refused or retired."""
    dice = world.dice("chargers")
    for number in range(world.rows["chargers"]):
        made, vendor = world.moment(dice, 1_000), VENDORS[number * 7 % 6]
        places = _places(world, number)
        yield {
            "id": identity(number),
            "organization_id": world.organization(number),
            "name": f"Place {number}" if number % 10 else None,
            "site_id": places[-1] if places else None,
            "places": places,
            "vendor": "Zenit" if number % 2_003 == 7 else vendor,
            "model": f"{vendor} {'Fast' if number % 4 == 0 else 'Wall'} {number % 5}",
            "serial_number": f"S{number * 7_919:09d}",
            "firmware_version": f"{1 + number % 3}.{number % 7}.{number % 4}" if number % 1_009 else "0.9-beta",
            "details": {"iccid": f"8949{number:012d}", "meterType": "M1"},
            "status": seldom(dice, ("Available", "Charging", "Preparing", "Unavailable"), "Faulted"),
            "status_at": world.moment(dice, 20),
            "security_profile": 3 if number % 1_501 == 3 else 1 + (number % 3 == 0),
            "secret_hash": dice.randbytes(32),
            "validation": "strict" if number % 300 == 0 else "advisory",
            "boot_status": "pending" if number % 2_001 == 5 else "accepted",
            "registration": "rejected" if number % 4_001 == 9 else "accepted",
            "boot_at": made + timedelta(hours=1),
            "retired_at": world.moment(dice, 30) if number % 501 == 500 else None,
            "created_at": made,
        }


def charger_connections(world: World) -> Iterator[Row]:
    """One charger in twenty was never here, and one in fifty of the others is away."""
    dice = world.dice("connections")
    for number in range(world.rows["chargers"]):
        if number % 20 == 19:
            continue
        online = number % 50 != 7
        yield {
            "charger_id": identity(number),
            "organization_id": world.organization(number),
            "node_id": NODE,
            "epoch": 1,
            "online": online,
            "protocol": "ocpp2.0.1" if number % 4 == 0 else "ocpp1.6",
            "address": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "connected_at": world.moment(dice, 10),
            "disconnected_at": None if online else world.now,
        }


def charger_heartbeats(world: World) -> Iterator[Row]:
    """One charger in a hundred has been silent for long, and those that were never here have said nothing."""
    dice = world.dice("heartbeats")
    for number in range(world.rows["chargers"]):
        if number % 20 == 19:
            continue
        yield {
            "charger_id": identity(number),
            "organization_id": world.organization(number),
            "at": world.moment(dice, 300 if dice.random() < 0.01 else 0.02),
        }


def connectors(world: World) -> Iterator[Row]:
    """Two of each charger; one charger in a hundred has a wrong clock."""
    dice = world.dice("connectors")
    for number in range(2 * world.rows["chargers"]):
        status = seldom(dice, ("Available", "Charging", "Preparing", "Finishing"), "Faulted")
        told = world.moment(dice, 5)
        wrong_s = 7_200 if number // 2 % 100 == 51 else dice.random()
        yield {
            "organization_id": world.organization(number // 2),
            "charger_id": identity(number // 2),
            "evse_id": 1 + number % 2,
            "connector_id": 1 + number % 2,
            "status": status,
            "state": "available" if status == "Available" else "faulted" if status == "Faulted" else "occupied",
            "phase": status.lower() if status in ("Charging", "Preparing", "Finishing") else None,
            "error_code": "NoError",
            "status_at": told - timedelta(seconds=wrong_s),
            "last_status_update": told,
        }


def tokens(world: World) -> Iterator[Row]:
    """Cards and contracts."""
    dice = world.dice("tokens")
    for number in range(world.rows["tokens"]):
        made, value = world.moment(dice, 1_000), tag(number)
        yield {
            "id": uuid_at(made, dice),
            "organization_id": world.organization(number * world.rows["chargers"] // world.rows["tokens"]),
            "value": value,
            "normalized": value.upper(),
            "type": "e_maid" if number % 25 == 24 else "vin" if number % 5_003 == 11 else "iso14443",
            "status": "blocked" if number % 2_003 == 17 else "accepted",
            "group": f"Fleet {number % 400}" if number % 10 == 0 else None,
            "expires_at": made + timedelta(days=1_500) if number % 3 == 0 else None,
            "created_at": made,
        }


def _of_charger(world: World, what: str, count: int, days: float = 365) -> Iterator[tuple[Any, Row]]:
    """Rows that belong to chargers: their dice, and what all have in common."""
    dice = world.dice(what)
    for _ in range(count):
        number, at = world.charger(dice), world.moment(dice, days)
        common = {"id": uuid_at(at, dice), "organization_id": world.organization(number)}
        yield (dice, at, number), {**common, "charger_id": identity(number)}


def commands(world: World) -> Iterator[Row]:
    """What operators sent."""
    for (dice, at, _), row in _of_charger(world, "commands", world.rows["commands"]):
        kind = seldom(dice, COMMANDS, "clear_cache")
        status = seldom(dice, ("accepted", "accepted", "rejected", "timed_out", "unreachable"), "error")
        done = {"sent_at": at, "finished_at": at + timedelta(seconds=1), "expires_at": at + timedelta(minutes=1)}
        body = {"type": kind, "operative": True}
        yield row | done | {
            "type": kind, "body": body, "status": status, "queued": dice.random() < 0.001,
            "actor_name": f"operator{dice.randrange(20)}", "created_at": at,
        }  # fmt: skip


def security_events(world: World) -> Iterator[Row]:
    """What was seen at the door."""
    for (dice, at, _), row in _of_charger(world, "security_events", world.rows["security_events"]):
        kind = seldom(dice, ("auth_failed", "connection_replaced", "StartupOfTheDevice"), "TamperDetectionActivated")
        yield row | {"kind": kind, "detail": "seen at the door", "address": "10.0.0.7", "at": at}


def audit_log(world: World) -> Iterator[Row]:
    """Who did what."""
    actions = ("charger:charger:update", "token:token:create", "charger:command:send", "account:session:create")
    for (dice, at, number), row in _of_charger(world, "audit_log", world.rows["audit_log"]):
        action = seldom(dice, actions, "charger:charger:delete")
        kind = action.split(":")[1]
        subject = row.pop("charger_id") if kind in ("charger", "command") else uuid_at(at, dice)
        user = dice.randrange(20) if dice.random() > 0.0002 else 999
        yield row | {
            "at": at, "actor_kind": "user", "actor_id": f"00000000-0000-7000-8000-{user:012d}",
            "actor_name": f"operator{user}", "action": action, "subject_kind": kind, "subject_id": subject,
            "before": {"name": f"Old {number}"}, "after": {"name": f"Place {number}"}, "address": "10.0.0.1",
        }  # fmt: skip


def configurations(world: World) -> Iterator[Row]:
    """Forty keys of some chargers."""
    dice = world.dice("configurations")
    for number in range(world.rows["configurations"]):
        charger = number // 40 * 3 % world.rows["chargers"]
        yield {
            "organization_id": world.organization(charger), "charger_id": identity(charger),
            "key": f"Key{number % 40:02d}", "value": str(dice.randrange(1_000)), "readonly": number % 4 == 0,
        }  # fmt: skip


def device_events(world: World) -> Iterator[Row]:
    """What 2.x chargers told of themselves."""
    found = enumerate(_of_charger(world, "device_events", world.rows["device_events"]))
    for number, ((dice, at, _), row) in found:
        yield row | {
            "event_id": number, "key": f"EVSE@{1 + number % 2}.Power", "value": str(dice.randrange(11_000)),
            "trigger": seldom(dice, ("periodic", "delta"), "alerting"), "notification": "custom_monitor",
            "severity": dice.randrange(10), "at": at, "received_at": at,
        }  # fmt: skip


def charger_hardware(world: World) -> Iterator[Row]:
    """What stood behind identities."""
    for (_, at, number), row in _of_charger(world, "hardware", world.rows["chargers"]):
        yield row | {"vendor": VENDORS[number % 6], "serial_number": f"S{number:09d}", "seen_at": at}


def reservations(world: World) -> Iterator[Row]:
    """Most are over."""
    count = world.rows["commands"] // 10
    for number, ((dice, at, _), row) in enumerate(_of_charger(world, "reservations", count)):
        status = seldom(dice, ("used", "cancelled", "expired"), "removed", 0.001)
        yield row | {
            "reservation_id": number + 1, "evse_id": 1, "id_tag": world.tag(dice), "status": status,
            "expires_at": at + timedelta(hours=1), "created_at": at, "updated_at": at,
        }  # fmt: skip


def bulk_commands(world: World) -> Iterator[Row]:
    """One a week to a part of the fleet; their targets below."""
    dice = world.dice("bulk")
    for number in range(60):
        at = world.now - timedelta(days=7 * number)
        yield {
            "id": _bulk(number), "organization_id": ORGANIZATIONS[0][0], "filter": {"vendor": "Alfa"},
            "body": {"type": "reset"}, "queue_s": 0, "at_once": 50, "status": "cancelled" if number == 9 else "done",
            "total": _targets(world), "actor_name": f"operator{dice.randrange(20)}", "created_at": at,
            "finished_at": at, "counts": None if number == 9 else {"accepted": _targets(world)},
        }  # fmt: skip


def _bulk(number: int) -> str:
    return f"00000000-0000-7000-8000-0000000b{number:04x}"


def _targets(world: World) -> int:
    return max(5, world.rows["chargers"] // 50)


def bulk_targets(world: World) -> Iterator[Row]:
    """A fiftieth of the fleet each time; whoever was away was refused."""
    for number in range(60):
        for charger in range(_targets(world)):
            refusal = "offline" if charger % 7 == 0 else None
            yield {"bulk": _bulk(number), "charger_id": identity(charger), "organization_id": ORGANIZATIONS[0][0],
                   "command": None if refusal else uuid_at(world.now, world.dice(f"{number}/{charger}")),
                   "refusal": refusal}  # fmt: skip


def conformance_findings(world: World) -> Iterator[Row]:
    """Every second charger strays somewhere."""
    for number in range(0, world.rows["chargers"], 2):
        yield {
            "organization_id": world.organization(number), "charger_id": identity(number), "action": "MeterValues",
            "code": "unknown_field", "path": f"/x{number % 9}", "detail": "forgiven", "count": number,
            "first_seen_at": world.since, "last_seen_at": world.now,
        }  # fmt: skip


def ocpp_messages(world: World) -> Iterator[Row]:
    """The log of the last days. One charger talks as much as chargers do that tell of each second's current."""
    request = '{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":"7"}]}]}'
    found = enumerate(_of_charger(world, "ocpp_messages", world.rows["ocpp_messages"], 13))
    for number, ((dice, at, _), row) in found:
        del row["id"]
        if number < _TALK:
            row |= {"charger_id": identity(0), "organization_id": ORGANIZATIONS[0][0]}
        error = dice.random() < 0.0005
        yield row | {
            "received_at": at, "at": at, "answered_at": at, "epoch": 1,
            "direction": "out" if number % 20 == 0 else "in", "message_id": f"{dice.getrandbits(128):032x}",
            "action": seldom(dice, ACTIONS, "DataTransfer"), "protocol": "ocpp1.6", "request": request,
            "response": "{}", "outcome": "error" if error else "result",
            "error_code": "GenericError" if error else None,
        }  # fmt: skip


def status_history(world: World) -> Iterator[Row]:
    """How connectors stood; since the first month that is kept."""
    days = (world.now - world.since).total_seconds() / 86_400
    for (dice, at, _), row in _of_charger(world, "status_history", world.rows["status_history"], days):
        del row["id"]
        status = seldom(dice, ("Available", "Charging", "Preparing", "Finishing"), "Faulted")
        yield row | {"evse_id": 1, "connector_id": 1, "status": status, "status_at": at, "received_at": at}


def local_lists(world: World) -> Iterator[Row]:
    """Every tenth charger has one."""
    for number in range(0, world.rows["chargers"], 10):
        yield {
            "organization_id": world.organization(number), "charger_id": identity(number), "version": 1 + number % 50,
            "entries": "[]",
        }  # fmt: skip


PLAIN: Final[dict[str, Callable[[World], Iterator[Row]]]] = {
    each.__name__: each
    for each in (
        organizations, gateway_nodes, sites, chargers, charger_connections, charger_heartbeats, connectors, tokens,
        commands, security_events, configurations, device_events, charger_hardware, reservations, bulk_commands,
        bulk_targets, conformance_findings, local_lists,
    )
}  # fmt: skip
# What is kept in pieces of time: the column that says in which.
PIECES: Final[dict[str, Callable[[World], Iterator[Row]]]] = {
    "ocpp_messages": ocpp_messages, "status_history": status_history,
}  # fmt: skip


def lines(rows: Iterator[Row], columns: tuple[str, ...]) -> Iterator[bytes]:
    """Rows as COPY reads them, some hundreds at a time."""
    batch: list[str] = []
    for row in rows:
        batch.append("\t".join([cell(row.get(name)) for name in columns]) + "\n")
        if len(batch) == 500:
            yield "".join(batch).encode()
            batch.clear()
    yield "".join(batch).encode()
