# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What a seed means: which fault comes as which number, with all its choices. The same seed is the same plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.faults.suite import kinds_chargers as of_chargers
from tests.faults.suite import kinds_processes as of_processes
from tests.faults.suite import kinds_stores as of_stores
from tests.faults.suite.fault import Fault

KINDS: Final[dict[str, type[Fault]]] = {
    "kill-gateway": of_processes.Kill,
    "kill-both-gateways": of_processes.KillBothGateways,
    "kill-api": of_processes.KillApi,
    "kill-worker": of_processes.KillWorker,
    "freeze-gateway": of_processes.Freeze,
    "freeze-other": of_processes.FreezeOthers,
    "restart-gateway": of_processes.Restart,
    "rolling-restart": of_processes.RollingRestart,
    "no-files": of_processes.NoFiles,
    "clock-jump": of_processes.ClockJump,
    "postgres-kill": of_stores.PostgresKilled,
    "postgres-restart": of_stores.PostgresRestarted,
    "postgres-away": of_stores.PostgresAway,
    "postgres-frozen": of_stores.PostgresFrozen,
    "postgres-backends": of_stores.BackendsKilled,
    "postgres-partition": of_stores.PostgresPartition,
    "postgres-slow": of_stores.PostgresSlow,
    "postgres-cut": of_stores.WireCut,
    "disk-full": of_stores.DiskFull,
    "valkey-kill": of_stores.ValkeyKilled,
    "valkey-frozen": of_stores.ValkeyFrozen,
    "valkey-partition": of_stores.ValkeyPartition,
    "valkey-slow": of_stores.ValkeySlow,
    "half-open": of_chargers.HalfOpen,
    "late-close": of_chargers.LateClose,
    "slow-readers": of_chargers.SlowReaders,
    "loss": of_chargers.LossyLines,
    "delay": of_chargers.LongLines,
    "partition": of_chargers.Partition,
    "all-cut": of_chargers.AllCut,
    "poison": of_chargers.Poison,
    "flood": of_chargers.Flood,
    "kill-all-in-one": of_processes.KillAll,
    "kill-embedded": of_processes.KillEmbedded,
    "kill-embedded-backend": of_processes.KillEmbeddedBackend,
    "kill-all-and-embedded": of_processes.KillAllAndEmbedded,
}
BATCH: Final = 40  # faults that happen to one installation; the next ones get a new one, for data grows


@dataclass(frozen=True)
class Planned:
    """A fault before it happens."""

    number: int
    kind: str
    seed: int
    long: bool = False

    @property
    def batch(self) -> int:
        """Which installation it happens to, counted from 0."""
        return (self.number - 1) // BATCH

    @property
    def alone(self) -> bool:
        """Whether it happens to csms in one process."""
        return KINDS[self.kind].alone

    def make(self) -> tuple[Fault, float]:
        """The fault, and how long after the last one it begins."""
        rng = Random(f"{self.seed}/{self.number}/{self.kind}")
        return KINDS[self.kind](rng, long=self.long), rng.uniform(0.2, 2.0)


def plan(seed: int, count: int, *, long: bool = False, kinds: list[str] | None = None) -> list[Planned]:
    """So many faults; of each kind as many as of the others, more or less. Those of one process come last in a batch."""
    planned: list[Planned] = []
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        names = _names(Random(f"{seed}/{first}"), kinds or list(KINDS), BATCH)[:size]
        names.sort(key=lambda name: KINDS[name].alone)
        planned += [Planned(first + place, name, seed, long) for place, name in enumerate(names, 1)]
    return planned


def _names(rng: Random, kinds: list[str], size: int) -> list[str]:
    names: list[str] = []
    while len(names) < size:
        names += rng.sample(kinds, len(kinds))
    return names[:size]


def batches(planned: list[Planned]) -> Iterator[list[Planned]]:
    """Those that happen to one installation, together."""
    keys = dict.fromkeys((each.batch, each.alone) for each in planned)
    for key in keys:
        yield [each for each in planned if (each.batch, each.alone) == key]
