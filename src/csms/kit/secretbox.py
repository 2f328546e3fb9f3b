# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Secrets that have to be read again (a mail server's password, the seed of a second factor), sealed for the database.

Envelope encryption: each secret has a data key of its own (AES-256-GCM), and only that is encrypted with the
installation's key, so that a new installation key means new envelopes, not new contents. What a secret is for (its
`context`: table and column) and whose it is are authenticated, so that a sealed value moved to another row is refused.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csms.kit.crypto import InstallationKeys
from csms.kit.errors import InvalidError

_VERSION: Final = b"\x01"
_KEY, _NONCE, _TAG, _ID = 32, 12, 16, 8
_WRAPPED: Final = _NONCE + _KEY + _TAG


class SealedSecretError(InvalidError):
    """A sealed secret that this installation's keys do not open."""

    code = "sealed_secret"


class SecretBox:
    """Seals and opens. `context` says what the secret is for and whose it is, such as `webhooks.secret:<id>`.

    The newest key seals, older ones open; the key file is looked into again when it has changed.
    """

    def __init__(self, keys: InstallationKeys) -> None:
        self._keys = keys

    @property
    def seals_with(self) -> str:
        """The id of the key that seals now."""
        return self._keys.secret_keys().seals_with

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all keys that open."""
        return frozenset(self._keys.secret_keys().keys)

    def seal(self, secret: bytes, context: str) -> bytes:
        """The secret as it may be stored."""
        data_key, inner = secrets.token_bytes(_KEY), secrets.token_bytes(_NONCE)
        return self._wrap(data_key) + inner + AESGCM(data_key).encrypt(inner, secret, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The secret. Raises SealedSecretError for what was changed, moved, or sealed with a key that is not here."""
        data_key, rest = self._unwrap(sealed)
        try:
            return AESGCM(data_key).decrypt(rest[:_NONCE], rest[_NONCE:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise _refusal() from error

    def rewrap(self, sealed: bytes) -> bytes:
        """The same content in an envelope of the key that seals now; the secret itself is not opened."""
        data_key, rest = self._unwrap(sealed)
        return self._wrap(data_key) + rest

    def _wrap(self, data_key: bytes) -> bytes:
        ring = self._keys.secret_keys()
        key_id = _padded(ring.seals_with)
        outer = secrets.token_bytes(_NONCE)
        return _VERSION + key_id + outer + AESGCM(ring.keys[ring.seals_with]).encrypt(outer, data_key, key_id)

    def _unwrap(self, sealed: bytes) -> tuple[bytes, bytes]:
        """The data key, and what it encrypts."""
        key_id, rest = sealed[1 : 1 + _ID], sealed[1 + _ID :]
        wrapped, rest = rest[:_WRAPPED], rest[_WRAPPED:]
        try:
            if sealed[:1] != _VERSION:
                raise ValueError("another layout")
            key = self._keys.secret_keys().keys.get(key_id_of(sealed))
            if key is None or _padded(key_id_of(sealed)) != key_id:
                raise ValueError("another key")
            return AESGCM(key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], key_id), rest
        except (InvalidTag, ValueError) as error:
            raise _refusal() from error


def key_id_of(sealed: bytes) -> str:
    """The id of the key that a sealed secret needs."""
    return sealed[1 : 1 + _ID].rstrip(b"\0").decode("ascii", "replace")


def _padded(key_id: str) -> bytes:
    return key_id.encode("ascii", "replace")[:_ID].ljust(_ID, b"\0")


def _refusal() -> SealedSecretError:
    return SealedSecretError(
        "a stored secret cannot be opened with this installation's keys: set it anew, or restore keys.json"
    )
