# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Values that nobody may read: they are sent to a charger and shown to nobody afterwards.

Configuration keys with a secret's name, passwords of network profiles, credentials in URLs and links to files.

The process's own log masks more than this (`csms.kit.log`): a log line loses nothing by it, a configuration key such as
AuthorizationCacheEnabled would.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from csms.domain.commands import (
    AnyCommand,
    Call,
    ChangeConfiguration,
    Custom,
    GetDiagnostics,
    GetLog,
    Outcome,
    PublishFirmware,
    SetNetworkProfile,
    SetVariables,
    UpdateFirmware,
    Variable,
)
from csms.domain.network import NetworkConnectionProfile

MASK: Final = "***"
_WORDS: Final = ("authorizationkey", "password", "passphrase", "passwd", "secret", "privatekey", "apikey", "credential")


def is_secret_key(key: str) -> bool:
    """Whether a configuration key holds a secret: AuthorizationKey (OCPP 1.6 security whitepaper), a password."""
    plain = "".join(letter for letter in key.lower() if letter.isalnum())
    return any(word in plain for word in _WORDS)


def mask_pairs(data: Any) -> Any:
    """A message with the `value` of each secret `key` masked, wherever the pair stands.

    Nesting is bounded where messages come in: frames and the payload of a `call` at 64 levels.
    """
    if isinstance(data, dict):
        data = _mask_variable(data)
        key = data.get("key")
        if isinstance(key, str) and data.get("value") and is_secret_key(key):
            data = {**data, "value": MASK}
        return {name: mask_pairs(value) for name, value in data.items()}
    if isinstance(data, list):
        return [mask_pairs(value) for value in data]
    return mask_url(data) if isinstance(data, str) else data


_CREDENTIALS: Final = re.compile(r"(?<=://)[^/?#@\s]*(?=@)")
_LINK: Final = re.compile(r"(?<=/files/)[\w-]{70,}")


def mask_url(text: str) -> str:
    """A text without the credentials of a URL in it, and without the token of a link to a file."""
    return _LINK.sub(MASK, _CREDENTIALS.sub(MASK, text)) if "://" in text else text


_PLAIN_SECRETS: Final = frozenset({"basicAuthPassword", "apnPassword", "password", "simPin"})


def _mask_variable(data: dict[str, Any]) -> dict[str, Any]:
    """2.x: the value of an attribute of a variable with a secret's name, and the passwords of a network profile."""
    variable = data.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else None
    if isinstance(name, str) and is_secret_key(name):
        data = {key: MASK if key == "attributeValue" and value else value for key, value in data.items()}
    if "ocppCsmsUrl" in data or "apn" in data or "server" in data:
        masked = {key: MASK if key in _PLAIN_SECRETS else value for key, value in data.items()}
        data = masked | ({"key": MASK} if "server" in data and "key" in data else {})
    return data


def mask_message(text: str) -> str:
    """The same for a message as text; one that is no JSON, or holds no secret, comes back as it was."""
    if not any(mark in text for mark in ('"key"', '"variable"', '"ocppCsmsUrl"', "://")):
        return text
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    masked = mask_pairs(data)
    return text if masked == data else msgspec.json.encode(masked).decode()


def mask_command(command: AnyCommand) -> AnyCommand:
    """A command as it may be stored and shown."""
    if isinstance(command, ChangeConfiguration) and command.value and is_secret_key(command.key):
        return msgspec.structs.replace(command, value=MASK)
    if isinstance(command, SetVariables):
        masked = tuple(
            msgspec.structs.replace(item, value=MASK) if is_secret_key(item.variable.name) else item
            for item in command.variables
        )
        return msgspec.structs.replace(command, variables=masked)
    if isinstance(command, SetNetworkProfile):
        return msgspec.structs.replace(command, profile=_masked_profile(command.profile))
    if isinstance(command, Call):
        return msgspec.structs.replace(command, payload=mask_pairs(command.payload))
    if isinstance(command, Custom):
        return msgspec.structs.replace(command, arguments=mask_pairs(command.arguments))
    if isinstance(command, UpdateFirmware | PublishFirmware | GetLog | GetDiagnostics) and command.location is not None:
        return msgspec.structs.replace(command, location=mask_url(command.location))
    return command


def _masked_profile(profile: NetworkConnectionProfile) -> NetworkConnectionProfile:
    """A network profile without its passwords."""
    apn, vpn = profile.apn, profile.vpn
    if apn is not None and apn.password is not None:
        apn = msgspec.structs.replace(apn, password=MASK)
    if vpn is not None:
        vpn = msgspec.structs.replace(vpn, password=MASK, key=MASK)
    own = None if profile.basic_auth_password is None else MASK
    return msgspec.structs.replace(profile, basic_auth_password=own, apn=apn, vpn=vpn)


def mask_outcome(outcome: Outcome) -> Outcome:
    """The charger's answer as it may be stored and shown."""
    variables = tuple(
        Variable(item.key, MASK, item.readonly) if item.value and is_secret_key(item.key) else item
        for item in outcome.variables
    )
    return msgspec.structs.replace(outcome, result=mask_pairs(outcome.result), variables=variables)


_PROFILE_KEY: Final = "securityprofile"
_PASSWORD_KEYS: Final = frozenset({"AuthorizationKey", "SecurityCtrlr.BasicAuthPassword"})


def new_password(command: AnyCommand) -> str | None:
    """The password for HTTP Basic that a command tells a charger: 1.6 AuthorizationKey, 2.x its variable."""
    if isinstance(command, ChangeConfiguration) and command.key in _PASSWORD_KEYS:
        return command.value
    if isinstance(command, SetVariables):
        for setting in command.variables:
            key = f"{setting.component.name}.{setting.variable.name}"
            if key in _PASSWORD_KEYS and setting.attribute == "actual":
                return setting.value
    if isinstance(command, Call) and command.action == "ChangeConfiguration":
        value = command.payload.get("value")
        return value if command.payload.get("key") in _PASSWORD_KEYS and isinstance(value, str) else None
    return None


def new_profile(command: AnyCommand) -> int | None:
    """The security profile that a command tells a charger to go to, the raw `call` included."""
    value: object = None
    match command:
        case SetNetworkProfile():
            return command.profile.security_profile
        case ChangeConfiguration(key=key) if key.casefold() == _PROFILE_KEY:
            value = command.value
        case SetVariables():
            for setting in command.variables:
                if setting.variable.name.casefold() == _PROFILE_KEY:
                    value = setting.value
        case Call():
            value = _raw_profile(command.action, command.payload)
        case _:
            pass
    text = str(value)
    return int(text) if len(text) == 1 and text.isdecimal() else None


def _raw_profile(action: str, payload: Mapping[str, Any]) -> object:
    """What the payload of a call says of it; it has the form that its action asks for."""
    try:
        if action == "ChangeConfiguration" and str(payload["key"]).casefold() == _PROFILE_KEY:
            return payload["value"]
        if action == "SetNetworkProfile":
            return payload["connectionData"]["securityProfile"]
        if action == "SetVariables":
            data = payload["setVariableData"]
            values = [each["attributeValue"] for each in data if each["variable"]["name"].casefold() == _PROFILE_KEY]
            return values[-1] if values else None
    except (KeyError, TypeError, AttributeError):
        return None  # the charger would not understand it either
    return None
