# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How long a remote command takes from the HTTP request to its outcome, with a charger that answers at once."""

import time
from dataclasses import dataclass

import aiohttp

from bench import servers
from bench.load import Fleet, Station, identity
from bench.servers import ADMIN_PASSWORD, Csms
from bench.steady import quantile

_NEW_PASSWORD = ADMIN_PASSWORD + "-changed"
_CHARGERS = 20
_WARM_UP = 50


@dataclass
class RoundTrips:
    """Times in seconds."""

    commands: int
    p50_s: float
    p99_s: float


async def _sign_in(http: aiohttp.ClientSession, base: str) -> str:
    """The first password has to be changed before anything else is allowed."""
    token = ""
    for path, body in (
        ("/auth/login", {"username": "admin", "password": ADMIN_PASSWORD}),
        ("/auth/change-password", {"current_password": ADMIN_PASSWORD, "new_password": _NEW_PASSWORD}),
    ):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with http.post(base + path, json=body, headers=headers) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {await answer.text()}")
            token = (await answer.json())["access_token"]
    return token


async def run(count: int) -> RoundTrips:
    """One command after the other over one HTTP connection."""
    async with servers.csms(_CHARGERS) as server, aiohttp.ClientSession() as http:
        fleet = Fleet(server.port, secret=server.secret)
        await fleet.connect(_CHARGERS)
        await fleet.everyone(Station.boot)
        servers.pin(servers.processes_of(server.cluster), 1)
        times = await _ask(server, http, fleet, count)
        await fleet.hang_up()
    times = times[_WARM_UP:]
    return RoundTrips(len(times), quantile(times, 0.5), quantile(times, 0.99))


async def _ask(server: Csms, http: aiohttp.ClientSession, fleet: Fleet, count: int) -> list[float]:
    base = f"http://127.0.0.1:{server.http_port}/api/v1"
    token = await _sign_in(http, base)
    times = []
    for number in range(_WARM_UP + count):
        charger = identity(number % len(fleet.stations))
        began = time.perf_counter()
        async with http.post(
            f"{base}/chargers/{charger}/commands?wait=10",
            json={"type": "change_availability", "operative": True},
            headers={"Authorization": f"Bearer {token}"},
        ) as answer:
            outcome = await answer.json()
        times.append(time.perf_counter() - began)
        if outcome.get("status") != "accepted":
            raise RuntimeError(f"{answer.status} {outcome}")
    return times
