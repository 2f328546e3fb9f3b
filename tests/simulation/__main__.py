# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.simulation`: many worlds, or one of them told in full."""

import argparse
import logging
import sys
import time

import structlog

from tests.simulation.world import Outcome, play


def _tell(found: Outcome) -> None:
    print(f"seed {found.seed}: {found.facts} facts, {found.commands} commands, {found.seconds:.0f} s of its time")
    for line in found.trace:
        print("  " + line)
    for fault in found.faults:
        print(f"  FAULT {fault}")


def main() -> int:
    """The exit code: 1 where a world had a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=5_000, help="how many")
    parser.add_argument("--seed", type=int, help="this one only, with all that happened in it")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    if given.seed is not None:
        found = play(given.seed)
        _tell(found)
        return int(bool(found.faults))
    began, bad, facts, seconds = time.monotonic(), 0, 0, 0.0
    for seed in range(given.first, given.first + given.seeds):
        found = play(seed)
        facts, seconds = facts + found.facts, seconds + found.seconds
        if found.faults:
            bad += 1
            _tell(found)
    took = time.monotonic() - began
    print(
        f"{given.seeds:,} worlds from seed {given.first} on, {facts:,} facts, {seconds / 3600:,.0f} h of their time "
        f"in {took:.0f} s ({given.seeds / took * 60:,.0f} a minute): {bad} with a fault"
    )
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
