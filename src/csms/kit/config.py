# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings tree: environment `CSMS_SECTION__KEY`, files, Vault, or a TOML file; checked at start.

docs/reference/configuration.md is generated from the descriptions here.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from csms.kit import config_sources as sources_of
from csms.kit.addresses import TrustedProxies
from csms.kit.config_broker import BrokerSettings
from csms.kit.config_profile import is_loopback, refusal
from csms.kit.config_vault import VaultSettings
from csms.kit.errors import InvalidError

__all__ = ["is_loopback"]


def _postgres_url(url: SecretStr | None) -> SecretStr | None:
    if url is not None and not url.get_secret_value().startswith(
        ("postgresql://", "postgres://", "postgresql+asyncpg://")
    ):
        raise ValueError("must start with postgresql://")
    return url


def _proxies(addresses: tuple[str, ...]) -> tuple[str, ...]:
    TrustedProxies(addresses)
    return addresses


Proxies = Annotated[tuple[str, ...], AfterValidator(_proxies)]
PostgresUrl = Annotated[SecretStr | None, AfterValidator(_postgres_url)]


class Section(BaseModel):
    """A part of the tree; unknown keys are refused, so that a typing error is found at start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    """PostgreSQL."""

    url: PostgresUrl = Field(None, description="The application's connection. Unset: an embedded PostgreSQL.")
    owner_url: PostgresUrl = Field(None, description="The owner's connection, for `csms migrate` only.")
    app_pool: int = Field(10, ge=2, le=200, description="Connections for the API and the worker.")
    ingest_pool: int = Field(4, ge=2, le=100, description="Connections for the gateway.")
    pgbouncer: bool = Field(False, description="True behind PgBouncer in transaction mode.")


class HttpSettings(Section):
    """The door for people and programs."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    public_url: str | None = Field(
        None, description="How people reach it from outside: for links, and where pages that use a session have to be."
    )
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM).")
    tls_key: Path | None = Field(None, description="Private key (PEM).")
    insecure_lan: bool = Field(False, description="Allow plain HTTP off loopback; for a closed network only.")
    trusted_proxies: Proxies = Field(
        (), description="Addresses or networks of proxies whose X-Forwarded-For, -Proto and -Host are believed."
    )
    asset_base_url: str | None = Field(None, description="A CDN for the immutable assets.")
    requests_per_minute: int = Field(6_000, ge=10, le=10_000_000, description="Of one user or API key.")
    requests_per_minute_address: int = Field(30_000, ge=10, le=10_000_000, description="Of one address.")
    kept_answers_mib: int = Field(
        16, ge=0, le=4096, description="Memory for answers that seldom change, in each process. 0: none are kept."
    )
    request_log: Literal["off", "changes", "all"] = Field(
        "changes", description="Which requests of users and keys are kept: what is no GET and what fails, or all."
    )
    commands_per_minute_charger: int = Field(120, ge=1, le=100_000, description="To one charger, by the API.")
    head_timeout_s: float = Field(20.0, ge=0.1, le=300, description="How long a peer has for the head of a request.")
    half_open_per_address: int = Field(
        500,
        ge=1,
        le=100_000,
        description="Connections of one address (of IPv6: one /64) that have sent no whole request yet; of more, the "
        "oldest are cut.",
    )
    unfinished_per_address: int = Field(
        100,
        ge=1,
        le=100_000,
        description="Requests of one address (of IPv6: one /64) whose body is waited for; further ones get 429.",
    )
    event_streams: int = Field(1_000, ge=1, le=1_500, description="Live event streams that are open at once.")
    event_streams_organization: int = Field(500, ge=1, le=1_500, description="Of them, of one organization.")
    event_streams_principal: int = Field(20, ge=1, le=1_500, description="Of them, of one user or API key.")
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins of other web apps whose scripts may use the API, such as https://app.example.com."
    )


class OcppSettings(Section):
    """The door for chargers."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(9000, ge=0, le=65535, description="Port to listen on.")
    reuse_port: bool = Field(
        False, description="Several gateway processes of this machine listen on the same port; the kernel spreads."
    )
    tls_port: int | None = Field(
        None, ge=0, le=65535, description="Port for TLS (wss), beside the plain one. Needs tls_cert and tls_key."
    )
    tls_cert: Path | None = Field(None, description="PEM file: the certificate chargers see, and its chain.")
    tls_key: Path | None = Field(None, description="PEM file: its private key.")
    tls_client_ca: Path | None = Field(
        None, description="PEM file: authorities whose certificates chargers of security profile 3 show."
    )
    proxied_tls: bool = Field(
        False, description="A reverse proxy does TLS before the plain port: what comes there counts as TLS."
    )
    quirks: Path | None = Field(
        None, description="Folder of TOML files with further quirks of chargers, beside those that are known here."
    )
    compression: bool = Field(True, description="Compressed messages (permessage-deflate) for OCPP 2.0.1 and 2.1.")
    public_url: str | None = Field(None, description="How chargers reach it from outside.")
    trusted_proxies: Proxies = Field(
        (),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed. With proxied_tls: what "
        "comes from elsewhere does not count as TLS.",
    )
    onboarding: Literal["closed", "approval", "open"] = Field(
        "closed",
        description="Unknown identities: refused, waiting for approval, or let in (loopback only).",
    )
    max_message_bytes: int = Field(1024 * 1024, ge=1024, le=16 * 1024 * 1024, description="Largest message accepted.")
    heartbeat_interval_s: int = Field(300, ge=10, le=86_400, description="What accepted chargers are told.")
    retry_interval_s: int = Field(
        60, ge=1, le=86_400, description="What waiting chargers are told, or up to a fifth more."
    )
    call_timeout_s: float = Field(30.0, ge=1, le=300, description="How long a charger has to answer a call.")
    ping_interval_s: float = Field(30.0, ge=1, le=3600, description="Silence after which a charger is pinged.")
    ask_status_after_s: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="A charger that comes back without a boot and says nothing is asked for its state after that, "
        "or up to twice that. 0: never.",
    )
    handshake_timeout_s: float = Field(
        20.0, ge=0.1, le=300, description="How long a peer has for its request; three times that for TLS before it."
    )
    half_open_per_address: int = Field(
        500,
        ge=1,
        le=100_000,
        description="Connections of one address (of IPv6: one /64) that have sent no whole request yet; of more, the "
        "oldest are cut.",
    )
    unknown_tags_per_minute: int = Field(
        10,
        ge=1,
        le=6_000,
        description="Unknown tags at one charger that are answered at once; the answers to further ones are held back "
        "so that no more are tried in a minute. Known tags are never held back.",
    )
    missed_pongs: int = Field(3, ge=1, le=100, description="Pings without any sign of life until the link is cut.")
    max_inbox: int = Field(32, ge=1, le=1000, description="Waiting messages of one charger until reading pauses.")
    drain_timeout_s: float = Field(10.0, ge=0, le=300, description="How long a stop waits for what was received.")


class CertificateSettings(Section):
    """Certificates of chargers, signed by the installation's own authority."""

    validity_days: int = Field(365, ge=1, le=3650, description="How long a signed certificate holds.")
    renew_before_days: int = Field(30, ge=1, le=365, description="When a charger is asked for a new request.")


class Iso15118Settings(Section):
    """Plug and charge: certificates of vehicles and of contracts."""

    roots: Path | None = Field(
        None, description="PEM file: the authorities of contracts and of OCSP responders that are trusted."
    )
    contract_url: str | None = Field(None, description="Where contract certificates are asked for (POST, JSON).")
    contract_token: SecretStr | None = Field(None, description="Sent there as a bearer token.")
    private_hosts: tuple[str, ...] = Field(
        (), description="Hosts in a private network that may be asked all the same: a responder or provider of yours."
    )


class FileSettings(Section):
    """Firmware that chargers fetch, logs and diagnostics that they send."""

    public_url: str | None = Field(
        None, description="How chargers reach `/files` of the HTTP door. Unset: http.public_url."
    )
    hosts: tuple[str, ...] = Field(
        (), description="Other hosts that a command may name as a location: an FTP server of yours."
    )
    max_firmware_bytes: int = Field(512 * 1024 * 1024, ge=1024, le=16 * 1024**3, description="Largest image.")
    max_upload_bytes: int = Field(256 * 1024 * 1024, ge=1024, le=16 * 1024**3, description="Largest log.")
    max_import_bytes: int = Field(32 * 1024 * 1024, ge=1024, le=256 * 1024**2, description="Largest table to import.")
    link_hours: int = Field(24, ge=1, le=720, description="How long a link to a file holds.")


class CommandSettings(Section):
    """Commands to chargers."""

    power_steps_per_minute: int = Field(
        600,
        ge=1,
        le=1_000_000,
        description="How many commands that change a charger's power at once (start, stop, reset, availability, "
        "profiles) go out in a minute, over all chargers of an organization; a bulk command waits.",
    )


class WebhookSettings(Section):
    """Events and notifications to receivers of others."""

    private_hosts: tuple[str, ...] = Field(
        (), description="Hosts in a private network that may be sent to all the same, also by plain HTTP."
    )
    allow_http: bool = Field(False, description="Allow plain HTTP to public addresses too.")
    timeout_s: float = Field(10.0, ge=0.5, le=20, description="How long a receiver may take for one message.")


class MailSettings(Section):
    """The mail server that mails go out by."""

    host: str | None = Field(None, description="Its name or address. Unset: no mails are sent.")
    port: int | None = Field(None, ge=1, le=65535, description="Unset: 587, with tls 465, with none 25.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls: refused where the server has none. tls: from the first byte. none: plain."
    )
    username: str | None = Field(None, description="For signing in there.")
    password: SecretStr | None = Field(None, description="For signing in there.")
    sender: str = Field("csms@localhost", description="Address that mails come from: csms@example.com.")
    timeout_s: float = Field(20.0, ge=1, le=120, description="How long the server may take for one mail.")


class PluginSettings(Section):
    """Plug-ins: packages with an entry point in the group csms.plugins."""

    disabled: tuple[str, ...] = Field((), description="Names of entry points that are not loaded.")


class RedisSettings(Section):
    """The bus between nodes."""

    url: SecretStr | None = Field(None, description="redis://… Unset: one process, the bus is inside it.")


class AdminSettings(Section):
    """The first administrator."""

    password: SecretStr | None = Field(None, description="Of the user `admin` at the first start. Unset: generated.")


class AccountSettings(Section):
    """People who sign in."""

    session_idle_hours: int = Field(12, ge=1, le=720, description="A browser's session ends after so long without use.")
    session_days: int = Field(7, ge=1, le=90, description="A browser's session ends after that in any case.")
    private_hosts: tuple[str, ...] = Field(
        (), description="Hosts in a private network that may be asked all the same: an identity provider of yours."
    )


class LogSettings(Section):
    """Logs."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severity written.")
    format: Literal["auto", "json", "console"] = Field("auto", description="auto: console on a terminal, else JSON.")


class BackupSettings(Section):
    """Nightly backups of the embedded database."""

    enabled: bool = Field(True, description="Write one every night.")
    keep: int = Field(7, ge=1, le=365, description="How many are kept.")
    hour_utc: int = Field(2, ge=0, le=23, description="When.")


class Settings(BaseSettings):
    """Everything that can be set. What changes while csms runs is in the database instead."""

    model_config = SettingsConfigDict(
        env_prefix="CSMS_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    environment: Literal["dev", "staging", "production"] = Field(
        "dev", description="What is checked at the start: production refuses what is not safe, staging says it."
    )
    data_dir: Path = Field(Path("var"), description="Where the embedded database, keys, files and backups live.")
    pg_bin: Path | None = Field(None, description="Folder of PostgreSQL's programs, where the found ones do not fit.")
    database: DatabaseSettings = DatabaseSettings()
    http: HttpSettings = HttpSettings()
    ocpp: OcppSettings = OcppSettings()
    certificates: CertificateSettings = CertificateSettings()
    iso15118: Iso15118Settings = Iso15118Settings()
    files: FileSettings = FileSettings()
    commands: CommandSettings = CommandSettings()
    webhooks: WebhookSettings = WebhookSettings()
    broker: BrokerSettings = BrokerSettings()
    mail: MailSettings = MailSettings()
    plugins: PluginSettings = PluginSettings()
    redis: RedisSettings = RedisSettings()
    admin: AdminSettings = AdminSettings()
    accounts: AccountSettings = AccountSettings()
    log: LogSettings = LogSettings()
    backup: BackupSettings = BackupSettings()
    vault: VaultSettings = VaultSettings()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.http.tls_cert is None) != (self.http.tls_key is None):
            raise ValueError("http.tls_cert and http.tls_key belong together: set both or none")
        guarded = self.http.tls_cert is not None or self.http.insecure_lan or self.http.trusted_proxies
        if not is_loopback(self.http.host) and not guarded:
            raise ValueError(
                f"http.host {self.http.host} is reachable from outside without TLS: set http.tls_cert and "
                "http.tls_key, name the proxy in front in http.trusted_proxies, or set http.insecure_lan=true "
                "on a closed network"
            )
        if self.mail.password is not None and self.mail.tls == "none" and not is_loopback(self.mail.host or ""):
            raise ValueError("mail.tls=none would send mail.password in the clear: set mail.tls, or leave it out")
        if self.ocpp.onboarding == "open" and not is_loopback(self.ocpp.host):
            raise ValueError(
                "ocpp.onboarding=open lets every charger in and is for loopback only: "
                "set ocpp.host=127.0.0.1, or ocpp.onboarding=approval"
            )
        if (refused := refusal(self)) is not None:
            raise ValueError(refused)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (the signature is pydantic's)
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over files of secrets, those over Vault, that over the TOML file."""
        environment = sources_of.without_files(env_settings, settings_cls)
        sources = [init_settings, environment, sources_of.secret_files(settings_cls), file_secret_settings]
        named = os.environ.get("CSMS_CONFIG")
        if named:
            if not Path(named).is_file():
                raise InvalidError(f"CSMS_CONFIG names {named}, which is no file")
            toml = [TomlConfigSettingsSource(settings_cls, named)]
        else:
            toml = []
        return (*sources, sources_of.vault(settings_cls, [*sources, *toml]), *toml)


_OTHER_VARIABLES = frozenset({"CSMS_CONFIG", "CSMS_SECRETS_DIR", "CSMS_SIMULATE_PASSWORD"})


def _refuse_misspelt() -> None:
    """A variable that names no setting was meant for one: silence would leave the default in force."""
    for name in sorted(os.environ):
        section = name.removeprefix("CSMS_").partition("__")[0].lower()
        own = name.startswith("CSMS_") and not name.startswith("CSMS_TEST_") and name not in _OTHER_VARIABLES
        if own and section not in Settings.model_fields:
            known = ", ".join(f"CSMS_{field.upper()}" for field in sorted(Settings.model_fields))
            raise InvalidError(f"{name} names no setting; they begin with {known}")


def load_settings(**overrides: object) -> Settings:
    """Read the settings; InvalidError says which one is wrong, and how, without showing secrets."""
    _refuse_misspelt()
    try:
        return Settings(_secrets_dir=os.environ.get("CSMS_SECRETS_DIR"), **overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for item in error.errors(include_url=False, include_input=False, include_context=False):
            path = "__".join(str(part).upper() for part in item["loc"])
            lines.append(f"CSMS_{path}: {item['msg']}" if path else str(item["msg"]))
        # without the cause: pydantic's own words show what was given
        raise InvalidError("the settings are not right:\n  " + "\n  ".join(lines)) from None
