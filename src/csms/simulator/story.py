# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Drivers: they plug in, present a card, wait, leave; now and then something breaks. One story a connector."""

from collections.abc import Sequence
from random import Random

from csms.simulator.charger import VirtualCharger
from csms.simulator.device import Connector, StopReason
from csms.simulator.dice import dice
from csms.simulator.session import Mishap, SessionPlan, draw_session
from csms.simulator.speech import ACCEPTED


class Story:
    """What happens at one connector of a charger, for ever."""

    def __init__(
        self,
        charger: VirtualCharger,
        connector: Connector,
        rng: Random,
        tags: Sequence[str],
        *,
        mishaps: float = 1.0,
        busy: float = 1.0,
    ) -> None:
        self._charger = charger
        self._connector = connector
        self._rng = rng
        self._tags = tags
        self._mishaps = mishaps
        self._busy = busy
        self.summoned = False  # an app started a session here: its owner comes with the cable

    async def run(self) -> None:
        """Visits, one after the other, as soon as the CSMS accepted the charger."""
        charger, connector = self._charger, self._connector
        await charger.until(lambda: charger.ready)
        first = True
        while True:
            plan = draw_session(self._rng, connector.outlet, self._tags, mishaps=self._mishaps)
            # A fleet does not begin at the same moment, nor wait an hour for its first car.
            idle_s = plan.idle_s / self._busy * (0.15 if first else 1.0)
            first = False
            if await charger.until_sim(lambda: self.summoned, idle_s):
                self.summoned = False
                await charger.until_sim(lambda: False, plan.card_after_s / 2)
            await charger.until(lambda: connector.operative and not connector.faulted)
            await self.visit(plan)

    async def visit(self, plan: SessionPlan) -> None:
        """One visit from arrival to departure."""
        charger, connector = self._charger, self._connector
        charger.plug(connector, plan.vehicle)
        await charger.until_sim(lambda: connector.transaction is not None, plan.card_after_s)
        if connector.transaction is None and not await self._present_card(plan.tag):
            await charger.until_sim(lambda: connector.transaction is not None, plan.leave_after_s)
        if connector.transaction is not None:
            await self._charge(plan)
            await charger.until_sim(lambda: not connector.locked, plan.leave_after_s)
        charger.unplug(connector)

    async def _present_card(self, tag: str) -> bool:
        charger, connector = self._charger, self._connector
        verdict = await charger.authorize(tag)
        fit = connector.operative and not connector.faulted and connector.transaction is None and connector.allows(tag)
        if verdict == ACCEPTED and fit and connector.expects is None:
            charger.start_transaction(connector, tag)
        return connector.transaction is not None

    async def _charge(self, plan: SessionPlan) -> None:
        """Until the car is full and its driver back, or the time is over, or somebody else ended it."""
        charger, connector = self._charger, self._connector
        transaction = connector.transaction

        def ended() -> bool:
            return connector.transaction is not transaction

        left_s = plan.stay_s
        if plan.mishap is not Mishap.NONE and plan.mishap_after_s < left_s:
            if await charger.until_sim(ended, plan.mishap_after_s):
                return
            left_s -= plan.mishap_after_s
            await self._go_wrong(plan)
        await charger.until_sim(lambda: ended() or self._full(), left_s)
        if not ended() and self._full():
            await charger.until_sim(ended, plan.linger_s)
        if ended():
            return
        if plan.card_to_stop and transaction is not None:
            charger.stop_transaction(connector, StopReason.LOCAL, transaction.tag)
        else:
            charger.unplug(connector)

    def _full(self) -> bool:
        charge = self._connector.charge
        return charge is not None and charge.done

    async def _go_wrong(self, plan: SessionPlan) -> None:
        charger, connector = self._charger, self._connector
        time = charger.runtime.time
        real_s = time.instant(time.now_s() + plan.mishap_s) - charger.runtime.clock.monotonic()
        match plan.mishap:
            case Mishap.FAULT:
                charger.fault(connector, *plan.fault)
                await charger.until_sim(lambda: False, plan.mishap_s)
                charger.recover(connector)
            case Mishap.OFFLINE:
                charger.go_offline(real_s)
            case Mishap.POWER_LOSS:
                charger.lose_power(real_s)


def tell_stories(
    charger: VirtualCharger, rng: Random, tags: Sequence[str], *, mishaps: float = 1.0, busy: float = 1.0
) -> list[Story]:
    """A story for each connector; started with the charger, they end with it."""
    stories = {
        connector.number: Story(charger, connector, dice(rng.getrandbits(64)), tags, mishaps=mishaps, busy=busy)
        for connector in charger.connectors
    }

    def summon(connector: Connector) -> None:
        stories[connector.number].summoned = True
        charger.changed()

    charger.on_remote_start = summon
    for story in stories.values():
        charger.accompany(story.run())
    return list(stories.values())
