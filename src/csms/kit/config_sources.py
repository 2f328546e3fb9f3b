# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where secrets come from besides variables: a file for each (`CSMS_SECTION__KEY_FILE`), or Vault.

Errors name settings, files and paths; what is in them is never part of a message.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from csms.kit.config_vault import VaultSettings, read_vault
from csms.kit.errors import InvalidError

PREFIX: Final = "CSMS_"
_SUFFIX: Final = "_FILE"
_MAX_BYTES: Final = 64 * 1024


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(each) for each in get_args(annotation))


def secret_names(settings: type[BaseModel]) -> dict[str, tuple[str, str]]:
    """The variables of all secret settings, with their section and key."""
    found = {}
    for section, field in settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for key, inner in field.annotation.model_fields.items():
                if _is_secret(inner.annotation):
                    found[f"{PREFIX}{section}__{key}".upper()] = (section, key)
    return found


def _named_files(settings: type[BaseModel]) -> Iterator[tuple[str, tuple[str, str]]]:
    secret = secret_names(settings)
    for name in os.environ:
        if name.endswith(_SUFFIX) and (where := secret.get(name.removesuffix(_SUFFIX))) is not None:
            yield name, where


class _Known(PydanticBaseSettingsSource):
    """A source whose values are known already."""

    def __init__(self, settings_cls: type[BaseSettings], values: Mapping[str, Any]) -> None:
        super().__init__(settings_cls)
        self._values = dict(values)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """pydantic asks for fields one by one where a source does not give them all."""
        del field
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All of them."""
        return self._values


def _nested(values: Mapping[tuple[str, str], str]) -> dict[str, dict[str, str]]:
    tree: dict[str, dict[str, str]] = {}
    for (section, key), value in values.items():
        tree.setdefault(section, {})[key] = value
    return tree


def without_files(source: PydanticBaseSettingsSource, settings_cls: type[BaseSettings]) -> PydanticBaseSettingsSource:
    """The environment without the variables that name files of secrets: they are no settings of their own."""
    if isinstance(source, EnvSettingsSource):
        named = {name.lower() for name, _ in _named_files(settings_cls)}
        source.env_vars = {name: value for name, value in source.env_vars.items() if name.lower() not in named}
    return source


def secret_files(settings_cls: type[BaseSettings]) -> PydanticBaseSettingsSource:
    """The secrets in files that variables name. Raises InvalidError for a file that cannot be used."""
    values = {where: _read(name, Path(os.environ[name])) for name, where in _named_files(settings_cls)}
    return _Known(settings_cls, _nested(values))


def _read(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        text = content.decode().rstrip("\r\n")
    except OSError as error:
        raise InvalidError(f"{name} names {path}, which cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InvalidError(f"{name} names {path}, which is no text") from None  # the cause would show what is in it
    if len(content) > _MAX_BYTES or not text:
        raise InvalidError(f"{name} names {path}, which is {'empty' if not text else 'larger than 64 KiB'}")
    return text


def vault(settings_cls: type[BaseSettings], others: list[PydanticBaseSettingsSource]) -> PydanticBaseSettingsSource:
    """The secrets in Vault, if the other sources (the strongest first) say where it is."""
    said: dict[str, Any] = {}
    for source in reversed(others):
        said |= source().get("vault") or {}
    try:
        settings = VaultSettings.model_validate(said)
    except ValidationError:
        return _Known(settings_cls, {})  # told with all else that is wrong, when the tree is checked
    if settings.address is None:
        return _Known(settings_cls, {})
    secret = secret_names(settings_cls)
    values = {}
    for name, value in read_vault(settings).items():
        full = name.upper() if name.upper().startswith(PREFIX) else f"{PREFIX}{name.upper()}"
        if full not in secret or secret[full][0] == "vault":
            raise InvalidError(f"Vault has {name!r} in {settings.shown}, which names no secret setting")
        if not isinstance(value, str):
            raise InvalidError(f"Vault has {name!r} in {settings.shown} as something that is no text")
        values[secret[full]] = value
    return _Known(settings_cls, _nested(values))
