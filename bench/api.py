# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The API over a large database: every list, filter, order, export and item, at 1 % of the data and at all of it.

Three ways of asking: one by one (what a query costs by itself, and what it costs at a hundred times the data), an open
loop of users who each ask once a second (what a person waits), and a closed loop beside a bare Starlette route that
returns the same bytes (what the server can do).
"""

import asyncio
import gc
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import asyncpg

from bench import asking, seed, servers
from bench.asking import Asked, Line, Request, body_of, flat_out, in_turns, one_by_one, request_of, steadily
from bench.mixing import among_others, cut, mixed
from bench.queries import Document, Listed, Query, Values, items_of, lists_of, questions, values_of
from bench.seed_rows import identity
from bench.servers import ADMIN_PASSWORD, Csms
from bench.steady import quantile

LIMIT_S: Final = 0.1
LIMIT_RATIO: Final = 1.5
# Below this a ratio tells of the clock and of the neighbours, not of the database.
_TELLING_S: Final = 0.002
# The last one's answer is kept.
_FLAT_OUT: Final = ("/chargers", "/transactions", "/tokens status frequent", "/chargers/{charger_id}", "/roles")
_CONNECTIONS: Final = 16
_GAP: Final = "{"
# One user asks for all: the closed loop is to find the server's limit, not that of the settings.
_SETTINGS: Final = {
    "CSMS_BACKUP__ENABLED": "false",
    "CSMS_HTTP__REQUESTS_PER_MINUTE": "10000000",
    "CSMS_HTTP__REQUESTS_PER_MINUTE_ADDRESS": "10000000",
}


@dataclass(frozen=True)
class Plan:
    """How large and how long."""

    scales: tuple[float, ...] = (0.01, 0.1)
    users: int = 50
    seconds: float = 30.0
    times: int = 5
    only: str = ""
    folder: Path | None = None
    again: int = 25  # times, what stood out


@dataclass
class Size:
    """What was measured at one scale."""

    scale: float
    alone: Asked = field(default_factory=Asked)
    as_many: Asked = field(default_factory=Asked)  # pages cut to the rows that they have at the smallest scale
    together: Asked = field(default_factory=Asked)
    rates: dict[str, tuple[float, float, int]] = field(default_factory=dict)  # csms, bare, bytes
    server_cores: float = 0.0
    again: Asked = field(default_factory=Asked)  # together, what stood out
    wholes: Asked = field(default_factory=Asked)  # files that have no first bytes before all is there


class Session:
    """Somebody who is signed in."""

    def __init__(self, server: Csms) -> None:
        self._port = server.http_port
        self.token = ""

    async def sign_in(self) -> None:
        """Again before each part: an access token lasts a quarter of an hour."""
        credentials = json.dumps({"username": "admin", "password": ADMIN_PASSWORD})
        head = (
            f"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(credentials)}\r\n\r\n{credentials}"
        )
        line = await Line.open(self._port)
        self.token = json.loads(body_of(await line.ask(head.encode())))["access_token"]
        line.close()

    async def get(self, path: str) -> Any:
        """A document."""
        line = await Line.open(self._port)
        try:
            return json.loads(body_of(await line.ask(request_of(self._port, path, self.token))))
        finally:
            line.close()

    def requests(self, queries: list[Query]) -> list[Request]:
        """As bytes."""
        return [(each.name, request_of(self._port, each.path, self.token), each.stream) for each in queries]


@asynccontextmanager
async def seeded(plan: Plan, scale: float) -> AsyncIterator[Csms]:
    """`csms serve` over a database of a size."""
    folder = (plan.folder / f"{scale:g}") if plan.folder else seed.default_folder(scale)
    data_dir = await seed.prepare(folder, scale)
    async with servers.serving(data_dir, _SETTINGS) as server:
        servers.pin(servers.processes_of(server.cluster), 1)
        yield server


async def queries_of(server: Csms, session: Session, document: Document) -> list[Query]:
    """Everything that can be asked there."""
    connection = await asyncpg.connect(server.app_database_url)
    found: list[Query] = []
    try:
        await connection.execute("ANALYZE")  # as autovacuum would have: runs before this one have left their lines
        known: dict[str, str | None] = {"charger_id": identity(0)}
        lists = lists_of(document)
        for listed in sorted(lists, key=lambda each: each.template.count(_GAP)):
            path = await _filled(listed.template, known, session)
            if path is None:
                continue
            samples = await _samples(connection, listed)
            found += questions(listed, path, samples)
            found += await _deep(session, listed, path, samples)
        for template in items_of(document):
            path = await _filled(template, known, session)
            if path is not None:
                found.append(Query(template.removeprefix("/api/v1"), path))
    finally:
        await connection.close()
    return found


async def _samples(connection: asyncpg.Connection, listed: Listed) -> dict[str, Values]:
    found = {name: await values_of(connection, listed.table, name) for name in listed.filters}
    return {name: each for name, each in found.items() if each is not None}


async def _filled(template: str, known: dict[str, str | None], session: Session) -> str | None:
    """The template with its gaps filled from the first item of the list before each; None where that is empty."""
    path = ""
    for part in template.removeprefix("/").split("/"):
        if not part.startswith(_GAP):
            path += f"/{part}"
            continue
        name = part.strip("{}")
        if name not in known:
            known[name] = await _first_item(session, path)
        value = known[name]
        if value is None:
            return None
        path += f"/{value}"
    return path


async def _first_item(session: Session, path: str) -> str | None:
    try:
        items = (await session.get(f"{path}?limit=1"))["items"]
    except (asking.AnswerError, KeyError, TypeError):
        return None
    return next(iter(items[0].values())) if items else None


async def _deep(session: Session, listed: Listed, path: str, samples: Mapping[str, Values]) -> list[Query]:
    """A page from the middle: the cursor of a list that was cut there."""
    sort = str(listed.parameters.get("sort", {}).get("schema", {}).get("default", ""))  # timelines have one order
    name, found = sort.removeprefix("-"), samples.get(sort.removeprefix("-"))
    operator = "lt" if sort.startswith("-") else "gte"
    if found is not None and found.low is not None and operator in listed.filters.get(name, ()):
        answer = await session.get(f"{path}?limit=1&{name}[{operator}]={found.low}")
    else:
        most = listed.parameters["limit"]["schema"]["maximum"]
        answer = await session.get(f"{path}?limit={most}")
        for _ in range(3):
            if answer["next_cursor"] is not None:
                answer = await session.get(f"{path}?limit={most}&cursor={answer['next_cursor']}")
    if answer["next_cursor"] is None:
        return []
    return [Query(f"{listed.template.removeprefix('/api/v1')} deep page", f"{path}?cursor={answer['next_cursor']}")]


@dataclass
class Place:
    """A server over a database of a size, and what is asked there."""

    server: Csms
    session: Session
    size: Size
    pages: list[Query]
    wholes: list[Query]
    warm: Asked = field(default_factory=Asked)

    async def ask(self, queries: list[Query]) -> tuple[int, list[Request]]:
        """Signed in anew: an access token lasts a quarter of an hour."""
        await self.session.sign_in()
        return self.server.http_port, self.session.requests(queries)


async def opened(plan: Plan, document: Document, scale: float, server: Csms) -> Place:
    """Everything asked once: what is read once is in memory, and statements are prepared."""
    session = Session(server)
    await session.sign_in()
    queries = [each for each in await queries_of(server, session, document) if plan.only in each.name]
    pages, wholes = ([each for each in queries if each.whole is whole] for whole in (False, True))
    place = Place(server, session, Size(scale), pages, wholes)
    place.warm = await one_by_one(*await place.ask(pages), 1)
    return place


async def measure_alone(places: list[Place], times: int) -> None:
    """One by one, at all sizes in turn; the largest also for as many rows as there are at the smallest."""
    small, large = places[0], places[-1]
    parties = [await place.ask(place.pages) for place in places]
    if small is not large:
        parties.append(await large.ask(cut(large.pages, large.warm, small.warm)))
    found = await in_turns(parties, times)
    for place, alone in zip(places, found, strict=False):
        place.size.alone = alone
    if small is not large:
        large.size.as_many = found[-1]
    large.size.wholes = await one_by_one(*await large.ask(large.wholes), 1)


async def measure_together(plan: Plan, place: Place) -> None:
    """Users who each ask once a second, and as many as can be answered."""
    server, size = place.server, place.size
    port, requests = await place.ask(place.pages)
    servers.pin(servers.processes_of(server.cluster), 1)
    cpu = server.cpu_s()
    async with servers.typesetter_at_large(server):
        size.together = await steadily(port, mixed(requests), plan.users, plan.seconds)
    size.server_cores = (server.cpu_s() - cpu) / plan.seconds
    _, flat = await place.ask([each for each in place.pages if each.name in _FLAT_OUT])
    size.rates = await _beside_bare(server, flat)


async def _beside_bare(server: Csms, requests: list[Request]) -> dict[str, tuple[float, float, int]]:
    folder = Path(tempfile.mkdtemp(prefix="csms-bench-"))
    found: dict[str, tuple[float, float, int]] = {}
    bodies = []
    try:
        for number, (_, request, _) in enumerate(requests):
            line = await Line.open(server.http_port)
            bodies.append(body_of(await line.ask(request)))
            (folder / str(number)).write_bytes(bodies[-1])
            line.close()
        async with servers.peer("bare Starlette", "bench.peers.bare_starlette", str(folder)) as bare:
            for number, (name, request, _) in enumerate(requests):
                ours = await flat_out(server.http_port, request, _CONNECTIONS, 3.0)
                theirs = await flat_out(bare.port, request_of(bare.port, f"/{number}"), _CONNECTIONS, 3.0)
                found[name] = (ours, theirs, len(bodies[number]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """One query in the table."""

    name: str
    alone_s: float
    ratio: float | None
    fuller: float | None  # the ratio of the page as it is, where it is fuller than there
    p50_s: float
    p99_s: float
    worst_s: float

    @property
    def slow(self) -> bool:
        return self.p99_s > LIMIT_S

    @property
    def grows(self) -> bool:
        return self.ratio is not None and self.ratio > LIMIT_RATIO

    @property
    def flags(self) -> str:
        """What is to be seen of it."""
        fuller = self.fuller is not None and self.fuller > LIMIT_RATIO
        flags = (("SLOW", self.slow), ("GROWS", self.grows), ("FULLER", fuller))
        return "".join(f" {name}" for name, yes in flags if yes)


def table(sizes: list[Size]) -> Iterator[Figure]:
    """The largest size, each query beside itself at the smallest."""
    small, large = sizes[0], sizes[-1]
    for name, times in sorted(large.alone.times.items()):
        before = small.alone.times.get(name)

        def ratio_of(times: list[float], before: list[float] | None = before) -> float | None:
            # the quickest of each: whatever else the machine does only adds to what a question costs
            return max(min(times), _TELLING_S) / max(min(before), _TELLING_S) if len(sizes) > 1 and before else None

        as_many = large.as_many.times.get(name)
        together = large.together.times.get(name, times) + large.again.times.get(name, [])
        yield Figure(
            name,
            median(times),
            ratio_of(as_many or times),
            ratio_of(times) if as_many else None,
            quantile(together, 0.5),
            quantile(together, 0.99),
            max(together),
        )


def report(sizes: list[Size], plan: Plan, *, everything: bool) -> bool:
    """Print it; whether the limits were kept."""
    large, lines = sizes[-1], list(table(sizes))
    shown = [each for each in lines if everything or each.flags]
    print(f"\nThe API at scale {large.scale:g}, {len(lines)} queries", flush=True)
    if shown:
        print(f"  {'':58}{'alone ms':>9}{'x small':>9}{'x full':>9}{'p50 ms':>9}{'p99 ms':>9}{'worst':>9}")
    for each in sorted(shown, key=lambda line: -line.p99_s):
        ratio, full = ("-" if found is None else f"{found:.2f}" for found in (each.ratio, each.fuller))
        print(
            f"  {each.name[:58]:58}{each.alone_s * 1e3:9.1f}{ratio:>9}{full:>9}{each.p50_s * 1e3:9.1f}"
            f"{each.p99_s * 1e3:9.1f}{each.worst_s * 1e3:9.1f}{each.flags}"
        )
    for size in sizes:
        for name, words in {**size.alone.failures, **size.wholes.failures, **size.together.failures}.items():
            print(f"  FAILED at {size.scale:g}: {name}: {words[:200]!r}")
        waited = [time for times in size.together.times.values() for time in times]
        if waited:
            print(
                f"  scale {size.scale:g}: {plan.users} users once a second for {plan.seconds:.0f} s: "
                f"{len(waited) / plan.seconds:.0f} answers/s, p50 {quantile(waited, 0.5) * 1e3:.1f} ms, "
                f"p99 {quantile(waited, 0.99) * 1e3:.1f} ms, worst {max(waited) * 1e3:.0f} ms; server "
                f"{size.server_cores:.2f} of a core, at most {size.together.most_open} open"
            )
        for name, (ours, theirs, length) in size.rates.items():
            print(
                f"  scale {size.scale:g}: flat out {name} ({length:,} bytes): {ours:,.0f}/s, "
                f"bare Starlette {theirs:,.0f}/s, {theirs / ours:.1f} x"
            )
    fuller = [each for each in lines if "FULLER" in each.flags]
    print(
        f"  {sum(each.slow for each in lines)} slow; {sum(each.grows for each in lines)} cost more than {LIMIT_RATIO} "
        f"times of the smallest scale for as many rows; {len(fuller)} have a fuller page that costs more than that"
    )
    if wholes := {name: times[0] for name, times in large.wholes.times.items()}:
        longest = max(wholes, key=lambda name: wholes[name])
        print(
            f"  {len(wholes)} whole PDFs of up to 5,000 rows, refusals of longer ones among them, each alone: p50 "
            f"{median(wholes.values()):.2f} s, the longest {wholes[longest]:.2f} s ({longest})"
        )
    failed = any(each.failures for size in sizes for each in (size.alone, size.wholes, size.as_many, size.together))
    return not failed and not any(each.slow or each.grows for each in lines)


async def run(plan: Plan) -> list[Size]:
    """All sizes, the smallest first; their servers run beside each other, and one at a time is asked."""
    document = await asyncio.to_thread(_document)
    # the program that writes the document stays in memory: the collector would hold the users up to walk along it
    gc.collect()
    gc.freeze()
    async with AsyncExitStack() as stack:
        places = []
        for scale in sorted(plan.scales):
            server = await stack.enter_async_context(seeded(plan, scale))
            places.append(await opened(plan, document, scale, server))
        await measure_alone(places, plan.times)
        for place in places:
            await measure_together(plan, place)
        await look_again(places, plan)
        return [place.size for place in places]


async def look_again(places: list[Place], plan: Plan) -> None:
    """What seems to be slow or to grow is asked so often that a pause of the machine does not decide."""
    small, large = places[0], places[-1]
    lines = list(table([place.size for place in places]))
    growing, slow = {each.name for each in lines if each.grows}, {each.name for each in lines if each.slow}
    again = [[query for query in place.pages if query.name in growing] for place in places]
    ports = [await place.ask(queries) for place, queries in zip(places, again, strict=True)]
    ports.append(await large.ask(cut(again[-1], large.warm, small.warm)))
    parts = [*(place.size.alone for place in places), large.size.as_many]
    for part, found in zip(parts, await in_turns(ports, plan.again), strict=True):
        part.times |= found.times
        part.failures |= found.failures
    if slow:
        port, requests = await large.ask(large.pages)
        async with servers.typesetter_at_large(large.server):
            found = await steadily(port, *among_others(requests, slow, plan.users))
        large.size.again.times = {name: found.times[name] for name in slow & set(found.times)}
        large.size.together.failures |= found.failures


def _document() -> dict[str, Any]:
    from csms.main.api import describe_api

    return describe_api()
