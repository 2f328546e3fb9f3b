# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a broker is, out of one URL whose scheme says which kind it is."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Kind = Literal["rabbitmq", "nats", "kafka"]

SCHEMES: Final[dict[str, tuple[Kind, bool, int]]] = {
    "amqp": ("rabbitmq", False, 5672),
    "amqps": ("rabbitmq", True, 5671),
    "nats": ("nats", False, 4222),
    "tls": ("nats", True, 4222),
    "kafka": ("kafka", False, 9092),
    "kafka+ssl": ("kafka", True, 9093),
}
"""The kind, whether TLS is spoken from the start, and the usual port."""

MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_SHAPE: Final = re.compile(r"(?P<scheme>[a-z+]+)://(?:(?P<who>[^@/?#]*)@)?(?P<servers>[^@/?#]*)(?P<path>/[^?#]*)?")


@dataclass(frozen=True, slots=True)
class Address:
    """What the URL says. The password is shown nowhere."""

    kind: Kind
    tls: bool
    servers: tuple[tuple[str, int], ...]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    virtual_host: str = "/"
    mechanism: str = "PLAIN"

    @property
    def shown(self) -> str:
        """For messages: the kind, and its servers."""
        names = {"rabbitmq": "RabbitMQ", "nats": "NATS", "kafka": "Kafka"}
        hosts = (f"[{host}]" if ":" in host else host for host, _ in self.servers)
        return f"{names[self.kind]} at " + ", ".join(
            f"{host}:{port}" for host, (_, port) in zip(hosts, self.servers, strict=True)
        )


def read_url(url: str) -> Address:
    """Raises ValueError, in whose words nothing of the URL is."""
    head, _, query = url.partition("?")
    found = _SHAPE.fullmatch(head)
    if found is None or found["scheme"] not in SCHEMES:
        raise ValueError(
            f"must be SCHEME://[USER:PASSWORD@]HOST[:PORT] with one of the schemes {', '.join(SCHEMES)}; "
            "in a password, / : @ ? # and % are written as %2F %3A %40 %3F %23 %25"
        )
    kind, tls, port = SCHEMES[found["scheme"]]
    username, colon, password = (found["who"] or "").partition(":")
    options = dict(parse_qsl(query, keep_blank_values=True))
    mechanism = options.pop("mechanism", "PLAIN").upper()
    if options or (query and kind != "kafka") or mechanism not in MECHANISMS:
        raise ValueError(f"may have one parameter, for Kafka: mechanism={', '.join(MECHANISMS)}")
    path = found["path"] or ""
    if path.strip("/") and kind != "rabbitmq":
        raise ValueError("has a path, which means something for RabbitMQ only: the virtual host")
    return Address(
        kind,
        tls,
        tuple(_server(each, port) for each in found["servers"].split(",")),
        unquote(username) or None,
        unquote(password) if colon else None,
        unquote(path.removeprefix("/")) or "/",
        mechanism,
    )


def _server(text: str, usual: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ValueError("must name a host, or several with commas between them, each with or without a port")
    return host, usual if port is None else port
