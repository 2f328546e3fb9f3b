# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be changed at many: for each kind its list, and the service that changes one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, RowMapping

from csms.kit.db.uow import UnitOfWork
from csms.kit.http.paging import Listing

U = TypeVar("U", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind(Generic[U]):
    """A kind of thing. `get` locks one, `update` is what PATCH does; `column` holds its id in the results.

    `label` is the field by which people know one; `identified` the condition for some ids, `fold` an id as two
    spellings of it have it in common.
    """

    name: str
    one: str
    column: str
    listing: Listing
    label: str
    body: type[U]
    reads: str
    updates: str
    get: Callable[[UnitOfWork, Any], Awaitable[RowMapping]]
    update: Callable[[UnitOfWork, Any, U], Awaitable[RowMapping]]
    identified: Callable[[list[Any]], ColumnElement[bool]]
    fold: Callable[[Any], Any]

    async def change(self, uow: UnitOfWork, key: Any, body: U) -> tuple[bool, str]:
        """Change one as PATCH does, unless it is so already; whether it was changed, and its label."""
        before = await self.get(uow, key)
        label = str(before[self.label])
        if all(before[name] == getattr(body, name) for name in body.model_fields_set):
            return False, label
        await self.update(uow, key, body)
        return True, label


Kinds = Mapping[str, Kind[Any]]
