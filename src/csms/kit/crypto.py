# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The installation's keys: one random root in a file, a key of its own for each purpose, keyed hashes of secrets."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from csms.kit.errors import UnavailableError

FILE: Final = "keys.json"
_OCTETS: Final = 32


class InstallationKeys:
    """Keys derived from one root; `key_id` names the root without telling it."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self.key_id = hashlib.sha256(b"csms-key-id:" + root).hexdigest()[:16]
        self._chargers = self.derive("charger-secrets")

    @classmethod
    def load_or_create(cls, data_dir: Path) -> "InstallationKeys":
        """Read the root from the data directory; make it at the first start. Of several processes one wins."""
        path = data_dir / FILE
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _create(path)
            stored = json.loads(path.read_text())
            root = base64.b64decode(stored["root"], validate=True)
        except OSError as error:
            raise UnavailableError(f"the keys in {path} cannot be read or made: {error.strerror}") from error
        except (ValueError, KeyError) as error:
            raise UnavailableError(
                f"{path} is damaged: restore it from a backup; without it no secret can be checked"
            ) from error
        if len(root) != _OCTETS:
            raise UnavailableError(
                f"{path} holds a key of {len(root)} bytes instead of {_OCTETS}: restore it from a backup"
            )
        return cls(root)

    def derive(self, purpose: str, octets: int = _OCTETS) -> bytes:
        """A key for one purpose only (HKDF-SHA256, RFC 5869)."""
        return HKDF(algorithm=SHA256(), length=octets, salt=None, info=f"csms:{purpose}".encode()).derive(self._root)

    def hash_secret(self, secret: bytes) -> bytes:
        """The keyed hash under which a random secret of 16 bytes or more is stored."""
        return hmac.digest(self._chargers, secret, "sha256")

    def verify_secret(self, secret: bytes, stored: bytes) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.hash_secret(secret), stored)


def _create(path: Path) -> None:
    """Written beside and linked into place: never half, never over another's."""
    scratch = path.with_name(f".{FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump({"root": base64.b64encode(secrets.token_bytes(_OCTETS)).decode()}, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(scratch, path)
        except FileExistsError:
            return  # another process was first: its key counts
    finally:
        scratch.unlink()
