# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The installation's key: one file in the data directory, from which every other key is derived.

Whoever has the file can sign in as anybody and check guesses of chargers' secrets; whoever loses it has to give all
chargers new secrets. So it is made once, readable by its owner only, never written over, and part of every backup.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec
import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from csms.kit.errors import InvalidError

log = structlog.get_logger(__name__)

FILE: Final = "keys.json"
SECRET_KEY_ID_BYTES: Final = 8
_KEY_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 65_536


class SecretKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that secrets in the database are sealed with; `id` has at most eight letters."""

    id: str
    key: str
    made_at: datetime


class KeyFile(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What stands in the file. Version 1 has no `secret_keys`: secrets are sealed with a key derived from `key`."""

    version: int
    key_id: str
    key: str
    secret_keys: tuple[SecretKey, ...] = ()
    seals_with: str | None = None
    sealing_since: datetime | None = None


class SecretKeys:
    """The keys that open sealed secrets, by their id, and which of them seals."""

    def __init__(self, keys: Mapping[str, bytes], seals_with: str) -> None:
        if seals_with not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise ValueError("no key that seals, or one of the wrong length")
        if not all(0 < len(key_id.encode()) <= SECRET_KEY_ID_BYTES for key_id in keys):
            raise ValueError(f"the id of a key has at most {SECRET_KEY_ID_BYTES} bytes")
        self.keys = dict(keys)
        self.seals_with = seals_with

    def __repr__(self) -> str:
        """Without the keys: it is printed in tracebacks."""
        return f"SecretKeys({', '.join(self.keys)}; {self.seals_with} seals)"


class InstallationKeys:
    """The key of one installation. `key_id` may be shown, the key never."""

    def __init__(self, key_id: str, key: bytes, path: Path | None = None) -> None:
        """`path` is the file that is looked into again for new keys of secrets."""
        if len(key) != _KEY_BYTES:
            raise ValueError(f"the installation's key has {_KEY_BYTES} bytes")
        self.key_id = key_id
        self._key = key
        self._derived: dict[str, bytes] = {}
        self._secrets = self.derive("secrets")
        self._path = path
        self._stamp = _stamp(path)
        self._secret_keys = SecretKeys({(own := self.own_secret_key_id): self.derive("secret-box")}, own)

    def __repr__(self) -> str:
        """Without the key: it is printed in tracebacks."""
        return f"InstallationKeys({self.key_id!r})"

    @classmethod
    def load_or_create(cls, data_dir: Path) -> Self:
        """Read the key; make it at the first start. Several processes may start at once: all get the same."""
        path = data_dir / FILE
        if not path.exists():
            _create(path)
        return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> Self:
        content = read_file(path)
        try:
            found = cls(content.key_id, base64.b64decode(content.key, validate=True), path)
            if content.secret_keys:
                found._secret_keys = _ring(content)
        except (binascii.Error, ValueError) as error:
            raise damaged(path) from error
        return found

    @property
    def own_secret_key_id(self) -> str:
        """The id of the key of secrets that is derived from the installation's own key: the first one there was."""
        return self.key_id[:SECRET_KEY_ID_BYTES]

    def secret_keys(self) -> SecretKeys:
        """The keys of sealed secrets, as the file has them now: a rotation is noticed without a restart."""
        stamp = _stamp(self._path)
        if self._path is None or stamp is None or stamp == self._stamp:
            return self._secret_keys
        self._stamp = stamp
        try:
            changed = InstallationKeys._read(self._path)
        except (InvalidError, OSError) as error:
            log.error("the changed key file cannot be used, the keys known before stay in force", error=str(error))
            return self._secret_keys
        if changed.key_id != self.key_id:
            log.error("the key file is of another installation, the keys known before stay in force")
            return self._secret_keys
        self._secret_keys = changed._secret_keys
        log.info("keys of secrets read anew", seals_with=self._secret_keys.seals_with)
        return self._secret_keys

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose (HKDF-SHA256, RFC 5869); the same purpose gives the same key."""
        found = self._derived.get(purpose)
        if found is None:
            info = b"csms-lite/" + purpose.encode()
            found = self._derived[purpose] = HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(self._key)
        return found

    def hash_secret(self, secret: bytes) -> bytes:
        """Keyed SHA-256 of a random secret. For passwords of people there is Argon2, this is too fast for them."""
        return hmac.digest(self._secrets, secret, hashlib.sha256)

    def verify_secret(self, secret: bytes, stored: bytes) -> bool:
        """Whether a secret is the stored one, in constant time."""
        return hmac.compare_digest(self.hash_secret(secret), stored)


def damaged(path: Path) -> InvalidError:
    """What is said of a file that cannot be used."""
    return InvalidError(
        f"{path} is damaged or from a newer csms: restore it from a backup; without it no charger's secret "
        "can be checked, so it is never made anew over an existing one"
    )


def read_file(path: Path) -> KeyFile:
    """The file's content; closed to others first where it was not. Raises InvalidError."""
    if path.stat().st_mode & 0o077:
        log.warning("the key file was readable by others and is closed to them now", path=str(path))
        path.chmod(0o600)
    try:
        with path.open("rb") as file:
            content = msgspec.json.decode(file.read(_MAX_FILE_BYTES), type=KeyFile)
        if content.version not in {1, 2} or (content.version == 2) != bool(content.secret_keys):
            raise ValueError(f"version {content.version}")
    except (msgspec.MsgspecError, ValueError) as error:
        raise damaged(path) from error
    return content


def _ring(content: KeyFile) -> SecretKeys:
    keys = {each.id: base64.b64decode(each.key, validate=True) for each in content.secret_keys}
    return SecretKeys(keys, content.seals_with or "")


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    """What changes when the file does; None where there is none."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_ino, found.st_size)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = KeyFile(1, f"k{secrets.token_hex(4)}", base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
    draft = write_draft(path, content)
    try:
        # a link fails where the name is taken, unlike a rename: the first process wins, the others read its key
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    sync_folder(path.parent)


def write_draft(path: Path, content: KeyFile) -> Path:
    """The content in a file beside the one it is for, on the disk for certain."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(content))
        file.flush()
        os.fsync(file.fileno())
    return draft


def sync_folder(folder: Path) -> None:
    """Names of files on the disk for certain."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
