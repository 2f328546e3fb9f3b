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
    """Seals and opens. `context` says what the secret is for and whose it is, such as `webhooks.secret:<id>`."""

    def __init__(self, keys: InstallationKeys) -> None:
        self._key = AESGCM(keys.derive("secret-box"))
        self._id = keys.key_id.encode()[:_ID].ljust(_ID, b"\0")

    def seal(self, secret: bytes, context: str) -> bytes:
        """The secret as it may be stored."""
        data_key = secrets.token_bytes(_KEY)
        outer, inner = secrets.token_bytes(_NONCE), secrets.token_bytes(_NONCE)
        wrapped = outer + self._key.encrypt(outer, data_key, self._id)
        return _VERSION + self._id + wrapped + inner + AESGCM(data_key).encrypt(inner, secret, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The secret. Raises SealedSecretError for what was changed, moved, or sealed with another key."""
        key_id, rest = sealed[1 : 1 + _ID], sealed[1 + _ID :]
        wrapped, rest = rest[:_WRAPPED], rest[_WRAPPED:]
        try:
            if sealed[:1] != _VERSION or key_id != self._id:
                raise ValueError("another key")
            data_key = self._key.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], key_id)
            return AESGCM(data_key).decrypt(rest[:_NONCE], rest[_NONCE:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise SealedSecretError(
                "a stored secret cannot be opened with this installation's key: set it anew, or restore keys.json"
            ) from error
