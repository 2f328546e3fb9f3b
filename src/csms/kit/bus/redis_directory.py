# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who serves which address: one lease per node, one entry per address, the higher epoch wins."""

import asyncio
import logging
from typing import Any, Final

from redis.asyncio import Redis

from csms.kit.bus.local import LocalHub, LocalServing
from csms.kit.bus.redis_link import AT, LEASE, NODE, Outgoing

log = logging.getLogger(__name__)

ENTRY_TTL_S: Final = 3600.0
"""Entries of nodes that died are swept by Redis; living nodes renew theirs three times within this time."""

FIND_AND_SEND: Final = """
local entry = redis.call('GET', KEYS[1])
if not entry then return 0 end
local node = string.sub(entry, string.find(entry, ' ', 1, true) + 1)
if redis.call('EXISTS', ARGV[1] .. node) == 0 then return 0 end
local now = redis.call('TIME')
return redis.call('PUBLISH', ARGV[2] .. node, string.format('Q%d.%06d ', now[1], now[2]) .. ARGV[3])
"""
"""KEYS: entry. ARGV: lease prefix, node channel prefix, request. Returns how many inboxes got it.

The frame is stamped with Redis' own clock, so that a node that slept can tell an expired request from a fresh one.
"""

REGISTER: Final = """
local entry = redis.call('GET', KEYS[1])
local node, epoch = ARGV[1], tonumber(ARGV[2])
local told = false
if entry then
  local gap = string.find(entry, ' ', 1, true)
  local held, holder = tonumber(string.sub(entry, 1, gap - 1)), string.sub(entry, gap + 1)
  if held > epoch then return 0 end
  if holder ~= node then
    local alive = redis.call('EXISTS', ARGV[4] .. holder) == 1
    if held == epoch and alive then return 0 end
    if alive then told = holder end
  end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. node, 'PX', ARGV[3])
if told then redis.call('PUBLISH', ARGV[5] .. told, 'S' .. ARGV[2] .. ' ' .. ARGV[6]) end
return 1
"""
"""KEYS: entry. ARGV: node, epoch, ttl in ms, lease prefix, node channel prefix, address. Returns 1 when taken."""

UNREGISTER: Final = """
if redis.call('GET', KEYS[1]) == ARGV[2] .. ' ' .. ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
"""KEYS: entry. ARGV: node, epoch. Removes the entry only if it is exactly this one."""


class Directory:
    """This node's entries in Redis, and the look-up of everybody's."""

    def __init__(self, node_id: str, hub: LocalHub, outgoing: Outgoing, lease_s: float) -> None:
        self._node_id = node_id
        self._hub = hub
        self._outgoing = outgoing
        self._lease_s = lease_s
        self._find = self._take = self._release = ""
        self._sweep: list[LocalServing] = []
        self._redis_clock_ahead_s = 0.0

    @property
    def beat_s(self) -> float:
        """How often the lease is renewed."""
        return self._lease_s / 4

    async def open(self, client: Redis) -> None:
        """Load the scripts, take the lease, read Redis' clock."""
        self._find = await client.script_load(FIND_AND_SEND)
        self._take = await client.script_load(REGISTER)
        self._release = await client.script_load(UNREGISTER)
        await client.set(LEASE + self._node_id, "1", px=int(self._lease_s * 1000))
        self._read_clock(await client.time())

    def send(self, address: str, request: bytes) -> "asyncio.Future[Any]":
        """Look the address up and hand the request to its node's inbox, in one round trip; 0 when there is none."""
        return self._outgoing.call("EVALSHA", self._find, 1, AT + address, LEASE, NODE, request)

    def age_s(self, stamp: bytes) -> float:
        """How long ago Redis stamped a request."""
        return asyncio.get_running_loop().time() + self._redis_clock_ahead_s - float(stamp)

    def register(self, serving: LocalServing) -> "asyncio.Future[Any]":
        """Enter the address; 0 when the same or a higher epoch is there."""
        return self._outgoing.call(
            "EVALSHA", self._take, 1, AT + serving.address,
            self._node_id, serving.epoch, int(ENTRY_TTL_S * 1000), LEASE, NODE, serving.address,
        )  # fmt: skip

    def unregister(self, serving: LocalServing) -> "asyncio.Future[Any]":
        """Remove the entry if it is still this one."""
        return self._outgoing.call("EVALSHA", self._release, 1, AT + serving.address, self._node_id, serving.epoch)

    def register_all(self) -> None:
        """After a reconnect: everything served, without waiting; what a higher epoch took meanwhile is given up."""
        self._sweep = []
        for serving in list(self._hub.served.values()):
            self._register_later(serving)

    def withdraw_lease(self) -> "asyncio.Future[Any]":
        """This node is leaving."""
        return self._outgoing.call("DEL", LEASE + self._node_id)

    async def beat(self) -> None:
        """Renew the lease, notice a Redis that forgot us, and renew a slice of the entries."""
        lease = self._outgoing.call("SET", LEASE + self._node_id, "1", "PX", int(self._lease_s * 1000), "GET")
        clock = self._outgoing.call("TIME")
        forgotten = await lease is None
        self._read_clock(await clock)
        if forgotten:
            log.warning("bus: the lease was gone; registering %d addresses again", len(self._hub.served))
            self.register_all()
        else:
            self._renew_slice()

    def _renew_slice(self) -> None:
        if not self._sweep:
            self._sweep = list(self._hub.served.values())
        count = 1 + int(len(self._hub.served) * self.beat_s * 3 / ENTRY_TTL_S)
        for serving in self._sweep[-count:]:
            self._register_later(serving)
        del self._sweep[-count:]

    def _register_later(self, serving: LocalServing) -> None:
        if not serving.active:
            return

        def check(future: "asyncio.Future[Any]") -> None:
            if not future.cancelled() and future.exception() is None and future.result() == 0:
                serving.supersede()

        self.register(serving).add_done_callback(check)

    def _read_clock(self, answer: Any) -> None:
        seconds, micros = answer
        # taken when the answer is here: errs towards a younger request, by one round trip
        self._redis_clock_ahead_s = int(seconds) + int(micros) / 1e6 - asyncio.get_running_loop().time()
