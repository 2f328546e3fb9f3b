# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Sealed secrets: they open where they were sealed, with whichever key, and never after somebody changed a bit."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.kit.crypto import FILE, InstallationKeys
from csms.kit.errors import InvalidError
from csms.kit.keyring import (
    SETTLED_AFTER,
    KeyInUseError,
    KeyUnknownError,
    check_forgettable,
    forget_key,
    prepare_key,
    use_newest_key,
)
from csms.kit.secretbox import SealedSecretError, SecretBox, key_id_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = InstallationKeys("k1234567x", bytes(range(32)))
# What csms sealed before there were several keys: it has to open for ever.
SEALED_BY_0_1 = SecretBox(OLD).seal(b"smtp", "a.b:1")


def rotate(folder: Path, now: datetime = NOW) -> str:
    """A new key that seals."""
    prepare_key(folder, now)
    return use_newest_key(folder, now)


@given(secret=st.binary(max_size=300), context=st.text(max_size=40), position=st.integers(0), bit=st.integers(0, 7))
def test_sealed_secrets_open_unless_they_were_touched(secret: bytes, context: str, position: int, bit: int) -> None:
    """Any bit, any other context: refused, before and after the envelope was renewed; sealing twice differs."""
    box = SecretBox(OLD)
    sealed = box.seal(secret, context)
    assert sealed != box.seal(secret, context)
    assert len(secret) < 8 or secret not in sealed
    for each in (sealed, box.rewrap(sealed)):
        assert box.open(each, context) == secret
        with pytest.raises(SealedSecretError):
            box.open(each, context + "x")
        touched = bytearray(each)
        touched[position % len(each)] ^= 1 << bit
        with pytest.raises(SealedSecretError):
            box.open(bytes(touched), context)


@given(st.binary(max_size=200))
def test_junk_is_refused(junk: bytes) -> None:
    """Whatever stands in the column."""
    with pytest.raises(SealedSecretError):
        SecretBox(OLD).open(junk, "x")
    with pytest.raises(SealedSecretError):
        SecretBox(OLD).rewrap(b"\x01" + OLD.own_secret_key_id.encode() + junk)


def test_a_rotation_is_noticed_by_whoever_runs(tmp_path: Path) -> None:
    """The newest key seals, older ones open; nobody has to be started again; forgotten ones open no more."""
    running = InstallationKeys.load_or_create(tmp_path)
    assert json.loads((tmp_path / FILE).read_bytes())["version"] == 1
    box, other = SecretBox(running), SecretBox(InstallationKeys.load_or_create(tmp_path))
    first = box.seal(b"secret", "t.c:1")
    assert key_id_of(first) == running.own_secret_key_id == box.seals_with

    prepared = prepare_key(tmp_path, NOW)
    assert prepare_key(tmp_path, NOW) == prepared, "asked twice, there is one"
    assert box.seals_with == running.own_secret_key_id
    assert use_newest_key(tmp_path, NOW) == prepared == box.seals_with
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600

    second = other.rewrap(first)
    assert key_id_of(second) == prepared
    assert box.open(first, "t.c:1") == box.open(second, "t.c:1") == b"secret"
    again = InstallationKeys.load_or_create(tmp_path)
    assert (again.key_id, again.derive("x")) == (running.key_id, running.derive("x"))
    assert SecretBox(again).open(first, "t.c:1") == b"secret"
    assert "secret" not in repr(again.secret_keys()).lower().replace("secretkeys", "")

    for key, error in (
        ("none", KeyUnknownError),
        (prepared, KeyInUseError),
        (running.own_secret_key_id, KeyInUseError),
    ):
        with pytest.raises(error):
            check_forgettable(tmp_path, key, NOW + SETTLED_AFTER - timedelta(seconds=1))
    forget_key(tmp_path, running.own_secret_key_id, NOW + SETTLED_AFTER)
    with pytest.raises(SealedSecretError):
        box.open(first, "t.c:1")
    assert box.open(second, "t.c:1") == b"secret"
    assert SecretBox(InstallationKeys.load_or_create(tmp_path)).key_ids == {prepared}


def test_a_key_file_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    """Half copied, gone, or of another installation: what is known stays in force; a start refuses it."""
    keys = InstallationKeys.load_or_create(tmp_path)
    newest = rotate(tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    box = SecretBox(keys)
    sealed = box.seal(b"x", "c")
    for bad in (
        whole[: len(whole) // 2],
        whole.replace(newest.encode(), b"toolongkey"),
        whole.replace(b'"seals_with":"' + newest.encode(), b'"seals_with":"nobody'),
        whole.replace(keys.key_id.encode(), b"kffffffff"),
    ):
        (tmp_path / FILE).write_bytes(bad)
        assert box.open(sealed, "c") == b"x"
        assert box.seals_with == newest
    (tmp_path / FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidError):
        InstallationKeys.load_or_create(tmp_path)
    (tmp_path / FILE).unlink()
    assert box.open(sealed, "c") == b"x"


def test_rotations_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    """Each writes under the lock, and every key that was told to somebody is still there."""
    InstallationKeys.load_or_create(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(rotate, [tmp_path] * 12))
    box = SecretBox(InstallationKeys.load_or_create(tmp_path))
    assert told <= box.key_ids
    assert box.seals_with in told
    assert sorted(path.name for path in tmp_path.iterdir()) == [".keys.lock", FILE]


def test_what_an_older_csms_sealed_still_opens() -> None:
    """The layout did not change: version, key id, envelope, content."""
    assert SEALED_BY_0_1[:9] == b"\x01k1234567"
    assert len(SEALED_BY_0_1) == 1 + 8 + 60 + 12 + 4 + 16
    fixed = bytes.fromhex(FIXED)
    assert SecretBox(OLD).open(fixed, "webhooks.secret:1") == b"whsec"


FIXED = (
    "016b31323334353637ddaa11c53c25ba212f01c821dcd631197327af5571463a94fc7d428429ad0fabb1c5653b937e0b93f2"
    "91fdf8b99b88d72fd7fbddedfbccd8cc27bf39f4a50dc2b16aac85ab510caf9c33ad673f24f07c61b3635b3532674c8272f72576"
)
