# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Secrets from HashiCorp Vault or OpenBao (KV version 2), read once at the start."""

import time
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from csms.kit.errors import CsmsError, InvalidError, UnavailableError

_MAX_BYTES: Final = 1024 * 1024
_CHUNK: Final = 64 * 1024
_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


class VaultSettings(BaseModel):
    """Secrets in HashiCorp Vault or OpenBao (KV version 2); needs the extra `vault`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str | None = Field(None, pattern="^https?://", description="Its URL. Unset: secrets are not in Vault.")
    token: SecretStr | None = Field(None, description="A token that may read the path.")
    role_id: str | None = Field(None, description="Instead of a token: AppRole, with secret_id.")
    secret_id: SecretStr | None = Field(None, description="The AppRole's secret id.")
    kubernetes_role: str | None = Field(None, description="Instead of a token: a role of Vault's Kubernetes login.")
    kubernetes_jwt: Path = Field(_ACCOUNT, description="File with the service account's token.")
    auth_mount: str | None = Field(None, description="Where the login is mounted, if not at approle or kubernetes.")
    mount: str = Field("secret", min_length=1, description="Where the KV engine is mounted.")
    path: str = Field("csms", min_length=1, description="The secret whose keys are names of settings.")
    namespace: str | None = Field(None, description="Namespace, where the server has such.")
    ca_file: Path | None = Field(None, description="PEM file: the authority of its certificate.")
    timeout_s: float = Field(10.0, ge=1, le=120, description="How long it has to answer.")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        ways = sum(each is not None for each in (self.token, self.role_id, self.kubernetes_role))
        if self.address is not None and ways != 1:
            raise ValueError("set exactly one of token, role_id (with secret_id) and kubernetes_role")
        return self

    @property
    def shown(self) -> str:
        """The secret's place, for messages."""
        return f"{self.mount}/{self.path}"


def read_vault(settings: VaultSettings) -> dict[str, Any]:
    """What the secret has. Raises InvalidError or UnavailableError, in whose words no secret is."""
    try:
        import hvac.exceptions
        import requests
    except ImportError as error:
        raise InvalidError(
            "CSMS_VAULT__ADDRESS is set and the package hvac is missing: install csms-lite[vault]"
        ) from error
    try:
        return _read(settings)
    except (hvac.exceptions.VaultError, requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise _told(settings, error) from None  # the cause may repeat what was sent


def _read(settings: VaultSettings) -> dict[str, Any]:
    import hvac

    session = _session(settings)
    try:
        client = hvac.Client(
            url=settings.address,
            token=settings.token.get_secret_value() if settings.token else "",  # None: hvac looks into the home folder
            timeout=settings.timeout_s,
            namespace=settings.namespace,
            allow_redirects=False,
            session=session,
        )
        if settings.role_id is not None:
            secret_id = settings.secret_id.get_secret_value() if settings.secret_id else None
            client.auth.approle.login(settings.role_id, secret_id, mount_point=settings.auth_mount or "approle")
        elif settings.kubernetes_role is not None:
            client.auth.kubernetes.login(
                settings.kubernetes_role, _account(settings), mount_point=settings.auth_mount or "kubernetes"
            )
        answer = client.secrets.kv.v2.read_secret_version(
            settings.path, mount_point=settings.mount, raise_on_deleted_version=True
        )
        return dict(answer["data"]["data"])
    finally:
        session.close()


def _account(settings: VaultSettings) -> str:
    try:
        return settings.kubernetes_jwt.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidError(f"CSMS_VAULT__KUBERNETES_JWT: {settings.kubernetes_jwt} cannot be read") from None


def _session(settings: VaultSettings) -> Any:
    """Bounded: no proxies of the environment, an answer of a megabyte at most, within the time in all."""
    import requests
    from requests.adapters import HTTPAdapter

    class Bounded(HTTPAdapter):
        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
            ends_s = time.monotonic() + settings.timeout_s
            response = super().send(request, **{**options, "stream": True})
            content = bytearray()
            while piece := response.raw.read1(_CHUNK, decode_content=True):  # not more than has come: slow ones end too
                content += piece
                if len(content) > _MAX_BYTES or time.monotonic() > ends_s:
                    response.close()
                    raise requests.Timeout("too long")
            response._content = bytes(content)
            return response

    session = requests.Session()
    session.trust_env = False
    session.verify = str(settings.ca_file) if settings.ca_file else True
    session.mount("http://", Bounded())
    session.mount("https://", Bounded())
    return session


def _told(settings: VaultSettings, error: Exception) -> CsmsError:
    import hvac.exceptions as refusals
    import requests

    where = f"Vault at {settings.address}"
    match error:
        case refusals.Forbidden() | refusals.Unauthorized():
            return InvalidError(
                f"{where} refuses {settings.shown}: its policy does not allow it, or the login is wrong"
            )
        case refusals.InvalidPath():
            return InvalidError(f"{where} has nothing at {settings.shown} (KV version 2), or no such login")
        case refusals.InvalidRequest():
            return InvalidError(f"{where} does not accept the login: check the role and its secret id or token")
        case refusals.VaultDown():
            return UnavailableError(f"{where} is sealed or in maintenance: unseal it, then start csms")
        case refusals.VaultError():
            return UnavailableError(f"{where} cannot answer now ({type(error).__name__})")
        case requests.exceptions.SSLError():
            return InvalidError(f"{where} shows a certificate that is not trusted: see CSMS_VAULT__CA_FILE")
        case requests.Timeout():
            return UnavailableError(f"{where} did not answer within {settings.timeout_s:g} s")
        case requests.RequestException():
            return UnavailableError(f"{where} cannot be reached ({type(error).__name__})")
        case _:
            return UnavailableError(f"{where} answers something that is no KV version 2 secret")
