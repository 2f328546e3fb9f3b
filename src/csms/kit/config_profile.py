# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What an environment allows: production refuses to start unsafe, staging says what production would refuse."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qs, urlsplit

from csms.kit.addresses import EVERYBODY, parse_network
from csms.kit.brokers.address import read_url

if TYPE_CHECKING:
    from csms.kit.config import Settings

MIN_PASSWORD: Final = 12
_GUESSED_FIRST: Final = ("admin", "password", "passwort", "changeme", "change-me", "secret", "csms", "123456", "qwert")
_ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})


@dataclass(frozen=True, slots=True)
class Concern:
    """A setting that is not safe. `refused`: production does not start with it; else it is a warning there."""

    setting: str
    said: str
    remedy: str
    refused: bool

    def __str__(self) -> str:
        """In one line."""
        return f"{self.setting}: {self.said}; {self.remedy}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def concerns(settings: "Settings") -> list[Concern]:
    """All that is not fit for production, the worst first."""
    found = [*_doors(settings), *_people(settings), *_neighbours(settings)]
    return sorted(found, key=lambda each: not each.refused)


def refusal(settings: "Settings") -> str | None:
    """Why production does not start; None where it does, and elsewhere."""
    if settings.environment != "production":
        return None
    refused = [str(each) for each in concerns(settings) if each.refused]
    if not refused:
        return None
    return "CSMS_ENVIRONMENT=production does not start with these settings:\n    " + "\n    ".join(refused)


def warnings(settings: "Settings") -> list[Concern]:
    """What is said at the start, and by `csms doctor`; nothing for development."""
    return [] if settings.environment == "dev" else concerns(settings)


def _doors(settings: "Settings") -> list[Concern]:
    http, ocpp = settings.http, settings.ocpp
    found = []
    if http.insecure_lan:
        found.append(
            Concern(
                "CSMS_HTTP__INSECURE_LAN", "passwords go over the network in the clear",
                "set CSMS_HTTP__TLS_CERT and CSMS_HTTP__TLS_KEY, or put a proxy with TLS in front", True,
            )
        )  # fmt: skip
    if _everybody(http.trusted_proxies):
        found.append(
            Concern("CSMS_HTTP__TRUSTED_PROXIES", "everybody may say who they are", "name your proxies only", True)
        )
    if "*" in http.cors_origins:
        found.append(Concern("CSMS_HTTP__CORS_ORIGINS", "every web page may use the API", "name your web apps", True))
    if _everybody(ocpp.trusted_proxies):
        found.append(
            Concern("CSMS_OCPP__TRUSTED_PROXIES", "everybody may say who they are", "name your proxies only", True)
        )
    if http.public_url is not None and not http.public_url.startswith("https://"):
        found.append(Concern("CSMS_HTTP__PUBLIC_URL", "links are not https", "give the https address", True))
    if ocpp.onboarding == "open":
        found.append(Concern("CSMS_OCPP__ONBOARDING", "every charger is let in", "take approval or closed", True))
    if ocpp.public_url is not None and not ocpp.public_url.startswith("wss://"):
        found.append(
            Concern(
                "CSMS_OCPP__PUBLIC_URL", "chargers send their passwords in the clear",
                "use wss and security profile 2 or 3 where your chargers can", False,
            )
        )  # fmt: skip
    return found


def _people(settings: "Settings") -> list[Concern]:
    found = []
    password = settings.admin.password.get_secret_value() if settings.admin.password else None
    if password is not None and len(password) < MIN_PASSWORD:
        said = f"the first administrator's password has fewer than {MIN_PASSWORD} characters"
        found.append(Concern("CSMS_ADMIN__PASSWORD", said, "take a longer one, or leave it out: one is made", True))
    elif password is not None and any(word in password.lower() for word in _GUESSED_FIRST):
        said = "the first administrator's password has a word in it that is guessed first"
        found.append(Concern("CSMS_ADMIN__PASSWORD", said, "take another, or leave it out: one is made", True))
    if settings.log.level == "debug":
        said = "debug logs say more than is good to keep"
        found.append(Concern("CSMS_LOG__LEVEL", said, "take info", True))
    return found


def _neighbours(settings: "Settings") -> list[Concern]:
    found = []
    vault, iso15118 = settings.vault, settings.iso15118
    if vault.address is not None and _in_the_clear(vault.address, "http"):
        found.append(Concern("CSMS_VAULT__ADDRESS", "secrets come over the network in the clear", "use https", True))
    if iso15118.contract_url is not None and _in_the_clear(iso15118.contract_url, "http"):
        found.append(Concern("CSMS_ISO15118__CONTRACT_URL", "its token goes in the clear", "use https", True))
    database: tuple[Literal["url", "owner_url"], ...] = ("url", "owner_url")
    for name in database:
        url = getattr(settings.database, name)
        if url is not None and not _database_is_encrypted(url.get_secret_value()):
            said = "the database is asked over the network, and nothing demands TLS"
            remedy = "add ?sslmode=verify-full (or require) to the URL"
            found.append(Concern(f"CSMS_DATABASE__{name.upper()}", said, remedy, False))
    redis = settings.redis.url
    if redis is not None and _in_the_clear(redis.get_secret_value(), "redis"):
        found.append(Concern("CSMS_REDIS__URL", "the bus goes over the network in the clear", "use rediss://", False))
    broker = settings.broker.url
    if broker is not None and _broker_in_the_clear(broker.get_secret_value()):
        remedy = "use amqps://, tls:// or kafka+ssl://"
        found.append(Concern("CSMS_BROKER__URL", "events go over the network in the clear", remedy, False))
    return found


def _broker_in_the_clear(url: str) -> bool:
    address = read_url(url)
    return not address.tls and not all(is_loopback(host) for host, _ in address.servers)


def _everybody(addresses: tuple[str, ...]) -> bool:
    return any(each == EVERYBODY or parse_network(each).prefixlen == 0 for each in addresses)


def _in_the_clear(url: str, scheme: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == scheme and not is_loopback(parts.hostname or "localhost")


def _database_is_encrypted(url: str) -> bool:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = query.get("host", [parts.hostname or "localhost"])[0]
    return host.startswith("/") or is_loopback(host) or query.get("sslmode", [""])[0] in _ENCRYPTED
