# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`make faults`, `make faults-long`: so many faults of a seed. Ends with 1 if anything that was acknowledged is lost.

A seed says which faults come, when, in which process and at which chargers. What real processes make of it is not the
same to the microsecond: a fault that was found is looked for again by --only, perhaps more than once.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from tests.faults.suite.plan import KINDS, Planned, plan
from tests.faults.suite.report import Results, summary
from tests.faults.suite.run import PATIENCE_S, Run
from tests.faults.suite.stage import PACE_S


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=40, metavar="N", help="how many; 40")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="only these numbers of them")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only these kinds; another plan")
    parser.add_argument("--long", action="store_true", help="a database that is away stays away for five minutes")
    parser.add_argument("--results", type=Path, metavar="FILE", help="a line of JSON for each; what is in it is done")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, metavar="S", help="until a charger is stuck")
    parser.add_argument("--pace", type=float, default=PACE_S, metavar="S", help="between what happens at a connector")
    parser.add_argument("--list", action="store_true", help="say what would happen")
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


def _list(planned: list[Planned]) -> None:
    for each in planned:
        fault, delay_s = each.make()
        _say(f"{each.number:4} {each.kind:22} after {delay_s:.1f} s: {fault.what}")


def main() -> int:
    """The command line."""
    options = _options().parse_args()
    planned = plan(options.seed, options.faults, long=options.long, kinds=options.kind)
    if options.only:
        planned = [each for each in planned if each.number in options.only]
    if options.list:
        _list(planned)
        return 0
    results = Results(options.results)
    done = set() if options.only else results.load(options.seed)
    _say(f"{len(planned)} faults, seed {options.seed}" + (f", {len(done)} of them done before" if done else ""))
    began = time.monotonic()
    left = [each for each in planned if each.number not in done]
    run = Run(results, options.faults, _say, patience_s=options.patience, pace_s=options.pace)
    asyncio.run(run.run(left))
    lines, good = summary(results.all, time.monotonic() - began)
    _say("\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
