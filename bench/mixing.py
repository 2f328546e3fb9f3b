# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""In which order users ask, and for how many rows."""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Final

from bench.asking import Asked, Request
from bench.queries import Query

_FILES_IN: Final = 50  # questions
_OFTEN: Final = 100  # times: fewer do not tell a 99th percentile from the worst
_LONGEST_S: Final = 300.0


def mixed(requests: Sequence[Request]) -> list[Request]:
    """What users ask, in no order: one question in fifty is for a file, all others are for pages and items."""
    dice = random.Random(1)
    pages, files = ([each for each in requests if each[2] is stream] for stream in (False, True))
    dice.shuffle(pages)
    dice.shuffle(files)
    if not files or not pages:
        return pages or files
    rounds = max(len(files), math.ceil(len(pages) / (_FILES_IN - 1)))
    found = []
    for number in range(rounds):
        first = number * (_FILES_IN - 1)
        found += [pages[each % len(pages)] for each in range(first, first + _FILES_IN - 1)]
        found.append(files[number % len(files)])
    return found


def among_others(requests: Sequence[Request], names: Collection[str], users: int) -> tuple[list[Request], int, float]:
    """Some of them between all: every fourth question is one of their pages, one in 25 one of their files.

    And for how many seconds users have to ask so, until each was asked a hundred times; five minutes at most.
    """
    pages, files = ([each for each in requests if each[0] in names and each[2] is stream] for stream in (False, True))
    seconds = max(len(pages) * _OFTEN * 4, len(files) * _OFTEN * _FILES_IN / 2) / users
    page, file, other = cycle(pages or mixed(requests)), cycle(files or mixed(requests)), cycle(mixed(requests))
    count = math.ceil(users * min(seconds, _LONGEST_S))
    places = ((number % (_FILES_IN // 2) == 0, number % 4 == 1) for number in range(count))
    return [next(file if is_file else page if is_page else other) for is_file, is_page in places], users, count / users


def cut(queries: Sequence[Query], alone: Asked, smallest: Asked) -> list[Query]:
    """Those with more rows on a page than at the smallest scale, asked for as many rows as there."""
    return [
        replace(each, path=f"{each.path}{'&' if '?' in each.path else '?'}limit={max(1, smallest.items[each.name])}")
        for each in queries
        if smallest.items.get(each.name, math.inf) < alone.items.get(each.name, 0)
    ]
