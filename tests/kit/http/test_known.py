# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists write the SQL that their columns write, and a choice of fields is put together once."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql.asyncpg import dialect

import csms.features
from csms.kit.http import paging
from csms.kit.http.paging import Listing

POSTGRESQL = dialect()  # type: ignore[no-untyped-call]


def listings() -> Iterator[tuple[str, Listing]]:
    """All that features declare."""
    for module in pkgutil.walk_packages(csms.features.__path__, "csms.features."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Listing):
                yield f"{module.name}.{name}", value


def test_every_list_is_asked_for_what_it_declares() -> None:
    """With all its columns and with some of them, values in them included."""
    seen = 0
    for name, listing in listings():
        for names in (None, list(listing.columns)[:2]):
            plain = select(*(listing.columns[each].label(each) for each in names or listing.columns))
            plain = plain if listing.source is None else plain.select_from(listing.source)
            limits = listing.key.is_not(None)
            wanted, found = (each.where(limits).compile(dialect=POSTGRESQL) for each in (plain, listing.select(names)))
            assert str(found) == str(wanted), name
            assert found.construct_params() == wanted.construct_params(), name
            seen += 1
    assert seen > 60


def test_a_choice_of_fields_is_put_together_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as there are not too many choices."""
    monkeypatch.setattr(paging, "_MOST_KEPT", 2)
    _, listing = next(listings())
    fresh = Listing(columns=listing.columns, key=listing.key, sorts=listing.sorts, default_sort=listing.default_sort)
    first, second = list(listing.columns)[:2]
    assert fresh.select() is fresh.select()
    assert fresh.select([first]) is fresh.select(iter((first,)))
    assert fresh.select([second]) is not fresh.select([second])
    keys = [fresh.select(names)._generate_cache_key() for names in ([first], [second], [first])]
    assert keys[0] == keys[2] != keys[1]
