# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is published: the webhooks' own text, and the organization."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from csms.domain.events import (
    AlertRaised,
    ChargerConnected,
    DurableEvent,
    TransactionStarted,
    WebhookPaused,
)
from csms.features.streams.rules import order_of, published, wanted
from csms.features.webhooks.rules import PUBLIC, event_id, payload
from csms.kit.errors import InvalidError

ORGANIZATION = UUID(int=7)
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


def started(charger_id: str = "CP1") -> TransactionStarted:
    """An event."""
    return TransactionStarted(
        organization_id=ORGANIZATION, charger_id=charger_id, at=AT, id=UUID(int=1), transaction_id=1, connector_id=1,
        id_tag="TAG",
    )  # fmt: skip


def alert(charger_id: str) -> AlertRaised:
    """An event that the outbox orders by something else."""
    return AlertRaised(
        organization_id=ORGANIZATION, charger_id=charger_id, at=AT, id=UUID(int=2), rule=None, of="x", severity="info",
        title="t", connector_id=None,
    )  # fmt: skip


def test_the_form_is_that_of_webhooks() -> None:
    """The same facts under the same id, and whose they are."""
    message = published(42, started())
    assert message is not None
    body, key = msgspec.json.decode(message.body), event_id(ORGANIZATION, 42, started())
    told = payload(started())
    assert told is not None
    assert body == {**msgspec.json.decode(told[1]), "id": key, "organization_id": str(ORGANIZATION)}
    assert message.id == key
    assert message.headers == {
        "csms-event-id": key,
        "csms-event-type": "transaction.started",
        "csms-organization-id": str(ORGANIZATION),
        "csms-charger-id": "CP1",
    }
    assert published(1, ChargerConnected(organization_id=ORGANIZATION, charger_id="A", protocol="", at=AT)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("charger_id", "last"), [("CP1", "CP1"), ("a.b *#>%", "a%2Eb%20%2A%23%3E%25"), ("Säule", "Säule"), ("", "_")]
)
def test_subjects_have_as_many_parts_as_they_say(charger_id: str, last: str) -> None:
    """A charger's name neither adds a part nor matches what it should not."""
    message = published(1, started(charger_id))
    assert message is not None
    assert message.subject == f"{ORGANIZATION}.transaction.started.{last}"
    assert len(message.subject.split(".")) == 4


def _row(event: DurableEvent) -> dict[str, str]:
    return {"payload": msgspec.json.encode(event).decode(), "key": event.key}


def test_everything_of_a_charger_is_in_one_order() -> None:
    """Its alerts too; what is of no charger keeps the outbox's order. The message's key says the same."""
    paused = WebhookPaused(organization_id=ORGANIZATION, id=UUID(int=3), reason="gone", failing_since=AT, at=AT)
    for event, order in (
        (started(), "CP1"), (alert("CP1"), "CP1"), (alert(""), alert("").key), (paused, paused.key),
    ):  # fmt: skip
        message = published(1, event)
        assert message is not None
        assert order_of(_row(event)) == message.order == order


def test_which_events() -> None:
    """All, some, or a name that is none, which is told with those that there are."""
    assert set(wanted(["*"])) == set(PUBLIC)
    assert wanted(["transaction.started"]) == (TransactionStarted,)
    with pytest.raises(InvalidError, match=r"names transaction\.stopped: there are .*transaction\.ended"):
        wanted(["transaction.started", "transaction.stopped"])
