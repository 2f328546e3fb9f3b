# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The installation's key: made once, closed to others, never written over."""

import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from csms.kit.crypto import FILE, InstallationKeys
from csms.kit.errors import InvalidError


def _load(folder: Path) -> tuple[str, bytes]:
    keys = InstallationKeys.load_or_create(folder)
    return keys.key_id, keys.derive("x")


def test_the_key_stays_the_same(tmp_path: Path) -> None:
    """A second start reads what the first one made; the file is for its owner only and no draft is left."""
    first, second = _load(tmp_path / "data"), _load(tmp_path / "data")
    assert first == second
    path = tmp_path / "data" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [FILE]


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    """Whoever loses the race reads the winner's key."""
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(_load, [tmp_path] * 12))) == 1


def test_purposes_have_keys_of_their_own(tmp_path: Path) -> None:
    """A token's key tells nothing of another's; another installation has others."""
    keys, other = InstallationKeys.load_or_create(tmp_path / "a"), InstallationKeys.load_or_create(tmp_path / "b")
    assert len({keys.derive("a"), keys.derive("b"), other.derive("a"), keys.hash_secret(b"")}) == 4
    assert len(keys.derive("a")) == 32


def test_secrets_are_compared_by_their_hash(tmp_path: Path) -> None:
    """The right secret fits, others do not, nor does a hash of another installation."""
    keys, other = InstallationKeys.load_or_create(tmp_path / "a"), InstallationKeys.load_or_create(tmp_path / "b")
    stored = keys.hash_secret(b"secret")
    assert keys.verify_secret(b"secret", stored)
    assert not keys.verify_secret(b"Secret", stored)
    assert not other.verify_secret(b"secret", stored)
    assert not keys.verify_secret(b"secret", b"")


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"version":1,"key_id":"k","key":"AAAA"}', '{"version":2,"key_id":"k","key":""}']
)
def test_a_damaged_file_stops_the_start(tmp_path: Path, content: str) -> None:
    """It is never replaced: that would lock every charger out."""
    path = tmp_path / FILE
    path.write_text(content)
    with pytest.raises(InvalidError, match="restore it from a backup"):
        InstallationKeys.load_or_create(tmp_path)
    assert path.read_text() == content


def test_an_open_file_is_closed(tmp_path: Path) -> None:
    """Rights that a copy lost are given back."""
    InstallationKeys.load_or_create(tmp_path)
    path = tmp_path / FILE
    path.chmod(0o644)
    InstallationKeys.load_or_create(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_key_is_not_printed(tmp_path: Path) -> None:
    """A traceback shows the id alone."""
    keys = InstallationKeys.load_or_create(tmp_path)
    assert repr(keys) == f"InstallationKeys('{keys.key_id}')"
