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
from pathlib import Path
from typing import Final, Self

import msgspec
import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from csms.kit.errors import InvalidError

log = structlog.get_logger(__name__)

FILE: Final = "keys.json"
_KEY_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 65_536


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    key_id: str
    key: str


class InstallationKeys:
    """The key of one installation. `key_id` may be shown, the key never."""

    def __init__(self, key_id: str, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"the installation's key has {_KEY_BYTES} bytes")
        self.key_id = key_id
        self._key = key
        self._derived: dict[str, bytes] = {}
        self._secrets = self.derive("secrets")

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
        if path.stat().st_mode & 0o077:
            log.warning("the key file was readable by others and is closed to them now", path=str(path))
            path.chmod(0o600)
        try:
            with path.open("rb") as file:
                content = msgspec.json.decode(file.read(_MAX_FILE_BYTES), type=_File)
            if content.version != 1:
                raise ValueError(f"version {content.version}")
            return cls(content.key_id, base64.b64decode(content.key, validate=True))
        except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
            raise InvalidError(
                f"{path} is damaged or from a newer csms: restore it from a backup; without it no charger's secret "
                "can be checked, so it is never made anew over an existing one"
            ) from error

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


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _File(1, f"k{secrets.token_hex(4)}", base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(content))
            file.flush()
            os.fsync(file.fileno())
        # a link fails where the name is taken, unlike a rename: the first process wins, the others read its key
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
