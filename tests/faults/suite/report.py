# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What came of each fault: a line of JSON in a file that can be gone on with, a line for people, a summary."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

OK: Final = "ok"
VIOLATED: Final = "violated"
SKIPPED: Final = "skipped"
WHOLE: Final = "whole"  # the check of all that an installation was told, at its end
WITHIN_S: Final = 30.0
LEAST: Final = 0.999
_STARVED: Final = 0.2


@dataclass
class Result:
    """One fault, when it is over."""

    seed: int
    number: int
    kind: str
    what: str
    verdict: str = OK
    recovered_s: float = 0.0
    starved_s: float = 0.0  # of the recovery, that csms or the chargers waited for a processor
    took_s: float = 0.0
    messages: int = 0
    at_once: int = 0  # messages answered at the first sending
    in_time: int = 0  # messages answered within WITHIN_S, retries and all
    commands: int = 0
    seen: dict[str, object] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    at: str = ""

    def line(self, of: int) -> str:
        """For people."""
        head = f"{self.number:4}/{of} {self.verdict:8} {self.kind:22} {self.what}"
        if self.verdict == SKIPPED:
            return f"{head}: {self.seen.get('why')}"
        tail = f"recovered after {self.recovered_s:.1f} s, {self.messages} messages, {self.commands} commands"
        extra = "".join(f", {name} {value}" for name, value in self.seen.items())
        return "\n".join([f"{head}; {tail}{extra}", *(f"       {each}" for each in self.violations[:20])])


class Results:
    """A file of them; the last line of a number holds."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.all: list[Result] = []

    def load(self, seed: int) -> set[int]:
        """What is there of a seed, to go on with; numbers that are done."""
        if self._path is None or not self._path.exists():
            return set()
        lines = [json.loads(line) for line in self._path.read_text().splitlines() if line.strip()]
        newest = {(each["number"], each["kind"] == WHOLE): each for each in lines if each["seed"] == seed}
        self.all = [Result(**each) for each in newest.values()]
        return {result.number for result in self.all if result.kind != WHOLE}

    def add(self, result: Result) -> None:
        """Keep it, at once."""
        self.all = [each for each in self.all if (each.number, each.kind == WHOLE) != _place(result)] + [result]
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def _place(result: Result) -> tuple[int, bool]:
    return result.number, result.kind == WHOLE


def summary(results: Iterable[Result], took_s: float) -> tuple[list[str], bool]:
    """Lines for people, and whether everything held."""
    results = list(results)
    faults = [each for each in results if each.kind != WHOLE]
    done = [each for each in faults if each.verdict != SKIPPED]
    kinds = Counter(text.partition(":")[0] for each in results for text in each.violations)
    messages = sum(each.messages for each in done)
    at_once, in_time = (sum(getattr(each, name) for each in done) / max(messages, 1) for name in ("at_once", "in_time"))
    recoveries = sorted(each.recovered_s for each in done) or [0.0]
    lines = [
        f"{len(done)} faults of {len({each.kind for each in done})} kinds in {took_s / 60:.1f} min, "
        f"{len(faults) - len(done)} skipped; {messages:,} messages answered, {sum(e.commands for e in done):,} commands",
        ", ".join(f"{name} {kinds[name]}" for name in ("lost", "doubled", "late", "stuck", "wrong")),
        f"availability {in_time:.3%} (answered within {WITHIN_S:.0f} s, retries and all; at the first sending {at_once:.2%})",
        f"recovered after {recoveries[len(recoveries) // 2]:.1f} s in the middle, {recoveries[-1]:.1f} s at most",
    ]
    if (starved_s := sum(each.starved_s for each in done)) > took_s * _STARVED:
        lines.append(f"this machine has other work: {starved_s:.0f} s of recoveries were spent waiting for a processor")
    violated = [each for each in results if each.violations]
    lines += [
        f"violated: {each.number} {each.kind} (again: --seed {each.seed} --only {each.number})" for each in violated
    ]
    skipped = {each.kind: each.seen.get("why") for each in faults if each.verdict == SKIPPED}
    lines += [f"skipped: {kind}: {why}" for kind, why in skipped.items()]
    good = not violated and (not done or in_time >= LEAST)
    if done and in_time < LEAST:
        lines.append(f"availability is below {LEAST:.1%}")
    return lines, good
