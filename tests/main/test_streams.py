# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The stream of events as the settings have it: wrong ones, none any more, and what `csms doctor` says."""

import sys
from pathlib import Path

import pytest

from csms.kit.config import BrokerSettings, load_settings
from csms.kit.errors import InvalidError
from csms.main.streams import CONSUMER, broker_check
from tests.support.brokers import SECRET, TOPIC, NatsServer
from tests.support.csms import running
from tests.support.eventually import eventually
from tests.support.postgres import Database

NOBODY = "nats://csms:hidden@127.0.0.1:1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CSMS_BROKER__URL", "http://csms:hidden@h"),
        ("CSMS_BROKER__TOPIC", "a..b"),
        ("CSMS_BROKER__TOPIC", "a.*"),
        ("CSMS_BROKER__EVENTS", "[]"),
    ],
)
def test_settings_that_are_wrong(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Found at the start, by name, and without the password."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidError, match=name) as caught:
        load_settings()
    assert "hidden" not in caught.value.detail


async def test_the_start_fails_where_it_cannot_work(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that there is not; a library that is missing. The broker itself may be away."""
    with pytest.raises(InvalidError, match=r"CSMS_BROKER__EVENTS names transaction\.stopped"):
        async with running(database, tmp_path, broker={"url": NOBODY, "events": ("transaction.stopped",)}):
            pass
    monkeypatch.setitem(sys.modules, "nats", None)
    with pytest.raises(InvalidError, match=r"pip install 'csms-lite\[nats\]'"):
        async with running(database, tmp_path, broker={"url": NOBODY}):
            pass


async def test_switched_off_it_gives_up_its_place(database: Database, tmp_path: Path) -> None:
    """Else the outbox could never be cleaned again."""
    place = "SELECT name FROM outbox_consumers WHERE name = $1"
    async with running(database, tmp_path, broker={"url": NOBODY}) as csms:
        assert await eventually(lambda: csms.rows(place, CONSUMER))
    async with running(database, tmp_path) as csms:
        assert not await csms.rows(place, CONSUMER)


async def test_what_the_doctor_says(tmp_path: Path) -> None:
    """Nothing, away, wrong login, no place for events, well; a name of an event that there is not."""
    assert await broker_check(BrokerSettings()) is None

    async def look(url: str, *events: str) -> tuple[str, str]:
        settings = BrokerSettings(url=url, topic=TOPIC, events=events or ("*",))  # type: ignore[arg-type]
        found = await broker_check(settings)
        assert found is not None
        assert "hidden" not in found.said
        assert SECRET not in found.said
        return found.status, found.said

    assert await look(NOBODY) == ("bad", "NATS at 127.0.0.1:1: Connection refused")
    server = NatsServer()
    try:
        await server.start()
        assert await look(server.url.replace("p%3A", "hidden")) == ("bad", f"{_at(server)}: it refuses the login")
        status, said = await look(server.url)
        assert status == "bad"
        assert said.endswith(f"no stream keeps {TOPIC}.>: add one")
        await server.expect()
        assert await look(server.url) == ("ok", f"{_at(server)}: stream EVENTS")
        assert (await look(server.url, "nothing"))[0] == "bad"
    finally:
        server.close()


def _at(server: NatsServer) -> str:
    return f"NATS at {server.url.rpartition('@')[2]}"
