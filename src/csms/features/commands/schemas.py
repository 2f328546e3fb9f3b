# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of commands: a tagged union on `type`, the same for every OCPP version."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union
from uuid import UUID

from pydantic import BaseModel, Field

from csms.features.commands.bodies import BODIES
from csms.kit.http.schemas import PageOf

if TYPE_CHECKING:

    class CommandBody(BaseModel):
        """Any of the bodies."""

        type: str

else:
    CommandBody = Annotated[Union[BODIES], Field(discriminator="type")]  # noqa: UP007  (made of a tuple)


class CommandItem(BaseModel):
    """A command and what became of it."""

    id: UUID
    charger_id: str
    type: str
    body: dict[str, Any]
    status: Literal["pending", "accepted", "rejected", "not_supported", "timed_out", "unreachable", "expired", "error"]
    reason: str | None = None
    result: Any = None
    effect: Literal["awaited", "started", "expired"] | None = Field(
        None, description="Of an accepted start_transaction: whether a transaction followed."
    )
    transaction_id: UUID | None = Field(None, description="The transaction that followed.")
    queued: bool = Field(False, description="Whether it may wait for a charger that is not connected.")
    actor_name: str
    created_at: str
    expires_at: str
    sent_at: str | None = None
    finished_at: str | None = None


class CommandPage(PageOf[CommandItem]):
    """A page of commands."""
