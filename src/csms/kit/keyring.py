# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Changes of the keys that secrets are sealed with: a new one, which one seals, one that is forgotten.

The file is written beside and renamed, under a lock: whoever reads it sees the old state or the new one. It becomes
version 2 with its first change, not before, so that the version of csms before this one reads what is unchanged.
"""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

from csms.kit.crypto import FILE, InstallationKeys, KeyFile, SecretKey, read_file, sync_folder, write_draft
from csms.kit.errors import ConflictError, NotFoundError

_LOCK: Final = ".keys.lock"
# A request or a job that was under way when the key changed may still store what it had sealed with the older one.
SETTLED_AFTER: Final = timedelta(minutes=5)


class KeyInUseError(ConflictError):
    """A key that is needed cannot be forgotten."""

    code: ClassVar[str] = "secret_key_in_use"


class KeyUnknownError(NotFoundError):
    """There is no such key."""

    code: ClassVar[str] = "secret_key_not_found"


@contextmanager
def _locked(data_dir: Path) -> Iterator[Path]:
    descriptor = os.open(data_dir / _LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield data_dir / FILE
    finally:
        os.close(descriptor)


def _replace(path: Path, content: KeyFile) -> None:
    draft = write_draft(path, content)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _expanded(path: Path, now: datetime) -> KeyFile:
    """The file as version 2: the derived key that sealed so far is named like every other."""
    content = read_file(path)
    if content.version == 1:
        keys = InstallationKeys(content.key_id, base64.b64decode(content.key, validate=True))
        own, derived = keys.own_secret_key_id, base64.b64encode(keys.derive("secret-box")).decode()
        content.version, content.secret_keys = 2, (SecretKey(own, derived, now),)
        content.seals_with, content.sealing_since = own, now
    return content


def prepare_key(data_dir: Path, now: datetime) -> str:
    """Add a key that opens and does not seal yet, unless there is one already; its id."""
    with _locked(data_dir) as path:
        content = _expanded(path, now)
        newest = content.secret_keys[-1]
        if newest.id == content.seals_with:
            newest = _new_key({each.id for each in content.secret_keys}, now)
            content.secret_keys = (*content.secret_keys, newest)
            _replace(path, content)
        return newest.id


def use_newest_key(data_dir: Path, now: datetime) -> str:
    """Seal with the newest key from now on; its id."""
    with _locked(data_dir) as path:
        content = _expanded(path, now)
        newest = content.secret_keys[-1].id
        if content.seals_with != newest:
            content.seals_with, content.sealing_since = newest, now
            _replace(path, content)
        return newest


def check_forgettable(data_dir: Path, key_id: str, now: datetime) -> None:
    """KeyUnknownError, or KeyInUseError where the key seals or sealed until a moment ago."""
    content = _expanded(data_dir / FILE, now)
    _check_forgettable(content, key_id, now)


def forget_key(data_dir: Path, key_id: str, now: datetime) -> None:
    """Take a key out of the file: what is sealed with it is lost."""
    with _locked(data_dir) as path:
        content = _expanded(path, now)
        _check_forgettable(content, key_id, now)
        content.secret_keys = tuple(each for each in content.secret_keys if each.id != key_id)
        _replace(path, content)


def _check_forgettable(content: KeyFile, key_id: str, now: datetime) -> None:
    if key_id not in {each.id for each in content.secret_keys}:
        raise KeyUnknownError(f"there is no key {key_id}: `csms secrets status` lists them")
    if key_id == content.seals_with:
        raise KeyInUseError(f"secrets are sealed with {key_id} now: `csms secrets rotate` first")
    if content.sealing_since is not None and now - content.sealing_since < SETTLED_AFTER:
        raise KeyInUseError(
            "the key was changed a moment ago and what was under way may use the older one: try again in five minutes"
        )


def _new_key(taken: set[str], now: datetime) -> SecretKey:
    while (name := f"s{secrets.token_hex(4)[:7]}") in taken:
        pass
    return SecretKey(name, base64.b64encode(secrets.token_bytes(32)).decode(), now)
