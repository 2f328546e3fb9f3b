# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How a charger reaches its CSMS."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.numbers import Integer, Natural


class Apn(Struct, frozen=True, forbid_unknown_fields=True):
    """A mobile network."""

    apn: Annotated[str, Meta(max_length=2000)]
    authentication: Literal["auto", "chap", "none", "pap"]
    user_name: Annotated[str, Meta(max_length=50)] | None = None
    password: Annotated[str, Meta(max_length=64)] | None = None
    sim_pin: Integer | None = None
    preferred_network: Annotated[str, Meta(max_length=6)] | None = None
    use_only_preferred_network: bool | None = None


class Vpn(Struct, frozen=True, forbid_unknown_fields=True):
    """A private network."""

    server: Annotated[str, Meta(max_length=2000)]
    user: Annotated[str, Meta(max_length=50)]
    password: Annotated[str, Meta(max_length=64)]
    key: Annotated[str, Meta(max_length=255)]
    type: Literal["ikev2", "ipsec", "l2tp", "pptp"]
    group: Annotated[str, Meta(max_length=50)] | None = None


class NetworkConnectionProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """Where and how a charger connects."""

    interface: Literal[
        "any", "wired0", "wired1", "wired2", "wired3", "wireless0", "wireless1", "wireless2", "wireless3"
    ]
    message_timeout_s: Integer
    csms_url: Annotated[str, Meta(max_length=2000)]
    security_profile: Natural
    transport: Literal["json", "soap"] = "json"
    apn: Apn | None = None
    ocpp_version: Literal["ocpp12", "ocpp15", "ocpp16", "ocpp20", "ocpp201", "ocpp21"] | None = None
    identity: Annotated[str, Meta(max_length=48)] | None = None
    basic_auth_password: Annotated[str, Meta(max_length=64)] | None = None
    vpn: Vpn | None = None
