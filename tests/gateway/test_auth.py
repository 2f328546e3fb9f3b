# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is at the door."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from csms.domain.chargers import Provisioned, RegistrationStatus
from csms.domain.ids import ChargerId, OrganizationId
from csms.gateway.auth import Authenticator, Credential, Throttle, read_basic, spellings
from csms.kit.clock import FakeClock
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID

CALLS: list[bytes] = []


def hashed(secret: bytes) -> bytes:
    return hmac.new(b"key", secret, hashlib.sha256).digest()


def verify(secret: bytes, stored: bytes) -> bool:
    CALLS.append(secret)
    return hmac.compare_digest(hashed(secret), stored)


def charger(secret: bytes | None = b"sixteen-byte-key", *, retired: bool = False) -> Provisioned:
    return Provisioned(
        id=ChargerId("CP1"),
        organization_id=OrganizationId(DEFAULT_ORGANIZATION_ID),
        security_profile=1,
        secret_hash=None if secret is None else hashed(secret),
        next_secret_hash=None,
        next_security_profile=None,
        validation="advisory",
        default_protocol=None,
        ping=True,
        heartbeat_interval_s=None,
        boot_status="none",
        registration=RegistrationStatus.ACCEPTED,
        retired=retired,
    )


def header(user: str, password: bytes) -> str:
    return "Basic " + base64.b64encode(user.encode() + b":" + password).decode()


def test_basic_is_read_with_its_password_as_bytes() -> None:
    """Chargers send binary keys (Java-OCA-OCPP#163); a colon in the password belongs to it."""
    assert read_basic(header("CP1", b"\x00\xff:x")) == ("CP1", b"\x00\xff:x")
    assert read_basic("basic " + base64.b64encode(b"a:b").decode()) == ("a", b"b")


@pytest.mark.parametrize(
    "value", [None, "", "Basic", "Basic !!!", "Bearer abc", "Basic " + base64.b64encode(b"x").decode()]
)
def test_what_is_no_basic_is_no_credential(value: str | None) -> None:
    """Garbage in the header is the same as none."""
    assert read_basic(value) is None


@pytest.mark.parametrize(
    ("provisioned", "sent"),
    [
        (b"sixteen-byte-key", b"sixteen-byte-key"),
        (b"001122334455667788AABBCC", bytes.fromhex("001122334455667788aabbcc")),
        (b"001122334455667788aabbcc", bytes.fromhex("001122334455667788aabbcc")),
        (b"001122334455667788AABBCC", b"001122334455667788aabbcc"),
        (bytes.fromhex("001122334455667788aabbcc"), b"001122334455667788AABBCC"),
    ],
)
def test_one_key_is_known_in_each_of_its_spellings(provisioned: bytes, sent: bytes) -> None:
    """As text, as hex of its bytes, as bytes of its hex (steve#1895)."""
    assert Authenticator(verify).judge("CP1", charger(provisioned), Credential(("CP1", sent))).accepted


def test_the_user_name_is_the_identity_in_any_letter_case() -> None:
    """Another user name with the right password is refused."""
    door = Authenticator(verify)
    assert door.judge("CP1", charger(), Credential(("cp1", b"sixteen-byte-key"))).accepted
    assert not door.judge("CP1", charger(), Credential(("CP2", b"sixteen-byte-key"))).accepted


@pytest.mark.parametrize(
    ("known", "basic"),
    [
        (charger(), ("CP1", b"wrong")),
        (charger(), ("CP1", b"")),
        (charger(), None),
        (charger(None), ("CP1", b"")),
        (charger(None), ("CP1", b"x")),
        (charger(retired=True), ("CP1", b"sixteen-byte-key")),
        (None, ("CP1", b"sixteen-byte-key")),
        (None, None),
    ],
)
def test_everybody_else_is_refused_with_the_same_work(
    known: Provisioned | None, basic: tuple[str, bytes] | None
) -> None:
    """Known or not, with or without a credential: six comparisons (decisions: same time for all)."""
    CALLS.clear()
    assert not Authenticator(verify).judge("CP1", known, Credential(basic)).accepted
    assert len(CALLS) == 12  # six spellings against the password, six against the one that it was told


def test_spellings_of_what_is_not_hex_are_few() -> None:
    """A text that is no hex has no bytes behind it."""
    assert spellings(b"zz") == (b"zz", b"7a7a", b"7A7A")


def test_failures_are_slowed_and_then_refused_until_a_minute_passed() -> None:
    """Ten a minute are free, by source or by identity."""
    clock = FakeClock(datetime(2026, 11, 23, tzinfo=UTC))
    throttle = Throttle(clock)
    answers = [throttle.failed("source:a", f"identity:{n}") for n in range(11)]
    assert [too_many for too_many, _ in answers] == [False] * 10 + [True]
    assert answers[0][1] == pytest.approx(0.1)
    assert answers[-1][1] == 1.0
    assert throttle.failed("source:b", "identity:x") == (False, pytest.approx(0.1))
    clock.advance(60)
    assert throttle.failed("source:a", "identity:y")[0] is False


def test_the_memory_of_failures_is_bounded() -> None:
    """A million made-up identities do not fill the memory."""
    throttle = Throttle(FakeClock(datetime(2026, 11, 23, tzinfo=UTC)))
    for number in range(10_050):
        throttle.failed(f"identity:{number}")
    assert len(throttle._failures) <= 10_000
