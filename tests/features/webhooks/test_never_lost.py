# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A receiver that fails, hangs or sends us into our own network delays no charger, and gets everything later (R4)."""

import time
from typing import Any

from tests.features.whole import Whole
from tests.support.charger import Charger
from tests.support.eventually import eventually
from tests.support.receiver import Receiver, receiver

HOOKS = "/api/v1/webhooks"


class _Story:
    """A charger that charges, and how long it waited for answers."""

    def __init__(self, whole: Whole, charger: Charger, hook: str) -> None:
        self.whole = whole
        self.charger = charger
        self.hook = hook
        self.slowest_s = 0.0
        self.meter = 0

    async def charge(self) -> None:
        """A transaction; two events."""
        started_s = time.monotonic()
        self.meter += 1000  # else it would be the same start, told again
        begun = await self.charger.start(meter=self.meter)
        await self.charger.stop(begun["transactionId"], self.meter + 500)
        self.slowest_s = max(self.slowest_s, (time.monotonic() - started_s) / 2)

    async def failures(self, at_least: int, error: str) -> None:
        """Let the time for the next attempt come, until there were so many failures, the last for this reason."""

        async def look() -> bool:
            await self.whole.csms.sql.execute("UPDATE webhooks SET retry_at = now()")
            row = await self.whole.csms.row("SELECT failures, last_error FROM webhooks")
            return row["failures"] >= at_least and error in (row["last_error"] or "")

        assert await eventually(look, 20)

    async def deliveries(self, **query: Any) -> list[dict[str, Any]]:
        """What there is for the receiver, oldest first."""
        return await self.whole.items(f"{HOOKS}/{self.hook}/deliveries", sort="created_at", **query)


async def test_every_event_in_order_none_twice_and_no_charger_waits(whole: Whole, charger: Charger) -> None:
    """Down, then hanging after it took the message, then a redirect inwards, then back."""
    await whole.csms.token("TAG")
    async with receiver() as away:
        url = away.url
    port = int(url.rpartition(":")[2].partition("/")[0])
    body = {"url": url, "event_types": ["transaction.started", "transaction.ended"]}
    created = await whole.create(HOOKS, **body)
    story = _Story(whole, charger, created["id"])

    await story.charge()
    await story.failures(2, "cannot be asked")

    async with receiver(port) as hanging:
        hanging.answer = "hang"
        await story.charge()
        await story.failures(3, "did not answer within 1 s")
        assert set(hanging.ids) == {(await story.deliveries())[0]["event_id"]}  # the others wait behind it

    async with receiver() as inside, receiver(port) as sending_away:
        for status, target in ((302, inside.url), (307, "http://169.254.169.254/latest/meta-data/"), (500, "")):
            sending_away.answer, sending_away.headers = status, {"Location": target}
            await story.charge()
            await story.failures(1, f"answered {status}")
        assert inside.asked == []

    assert {each["status"] for each in await story.deliveries()} == {"pending"}
    row = (await whole.client.get(f"{HOOKS}/{story.hook}")).json()
    assert row["failing_since"] is not None
    async with receiver(port) as back:
        await whole.csms.sql.execute("UPDATE webhooks SET retry_at = now()")
        await story.charge()

        async def all_there() -> bool:
            return len(back.messages()) == 12

        assert await eventually(all_there, 20)
        told = await whole.csms.rows(
            "SELECT payload FROM outbox WHERE type IN ('transaction_started', 'transaction_ended') ORDER BY id"
        )
        assert _facts(back, hanging) == [(row["payload"]["type"], row["payload"]["id"]) for row in told]
        assert back.most_busy == 1
        back.verify([created["secret"]])
        hanging.verify([created["secret"]])

        async def all_written_down() -> bool:
            return await story.deliveries(status="pending") == []

        assert await eventually(all_written_down)
        row = (await whole.client.get(f"{HOOKS}/{story.hook}")).json()
        assert (row["failures"], row["failing_since"], row["last_error"]) == (0, None, None)
    assert story.slowest_s < 1.0


def _facts(back: Receiver, hanging: Receiver) -> list[tuple[str, str]]:
    """What a receiver knows that got some before it hung, and threw repeats away by id."""
    seen = Receiver(asked=hanging.asked + back.asked)
    assert len(seen.ids) > len(set(seen.ids))
    return [(each["type"].replace(".", "_"), each["data"]["id"]) for each in seen.messages()]
