# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Flags in the memory of a process, and OpenFeature's view of them: an evaluation never waits for anything."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
import structlog
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.flag_evaluation import Reason as OpenReason
from openfeature.provider import AbstractProvider
from openfeature.provider.metadata import Metadata
from openfeature.provider.no_op_provider import NoOpProvider

from csms.features.flags import repository
from csms.features.flags.rules import Context, Flag, evaluate, flag_of, has_type
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.uow import Scope, UnitsOfWork

log = structlog.get_logger(__name__)

_REASONS: Final[Mapping[str, OpenReason]] = {
    "disabled": OpenReason.DISABLED,
    "default": OpenReason.DEFAULT,
    "targeting_match": OpenReason.TARGETING_MATCH,
    "split": OpenReason.SPLIT,
}
_Kind = Literal["boolean", "string", "number", "object"]


class FlagStore:
    """All flags; `reload` is called at the start and after every change, here or on another node."""

    def __init__(self, units: UnitsOfWork) -> None:
        self._units = units
        self._known: Mapping[str, Flag] = {}

    def get(self, key: str) -> Flag | None:
        """One flag."""
        return self._known.get(key)

    async def reload(self) -> None:
        """Read all anew; one that cannot be read (a newer csms wrote it) is as if it were not there."""
        async with self._units(Scope.system(DEFAULT_ORGANIZATION_ID)) as uow:
            rows = await repository.everything(uow.connection)
        known = {}
        for row in rows:
            try:
                known[row["key"]] = flag_of(row)
            except msgspec.ValidationError as error:
                log.warning("a feature flag cannot be read and is passed over", key=row["key"], error=str(error))
        self._known = known


class DatabaseProvider(AbstractProvider):
    """OpenFeature's provider over a store. Attributes of the context: organization, role, user."""

    def __init__(self, store: FlagStore) -> None:
        super().__init__()
        self._store = store

    def get_metadata(self) -> Metadata:
        """Its name."""
        return Metadata(name="csms-database")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """A boolean."""
        return self._resolve(flag_key, default_value, "boolean", evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """A text."""
        return self._resolve(flag_key, default_value, "string", evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """A whole number; one with a fraction is of the wrong type."""
        found: FlagResolutionDetails[Any] = self._resolve(flag_key, default_value, "number", evaluation_context)
        if isinstance(found.value, float):
            if not found.value.is_integer():
                return _wrong(default_value, ErrorCode.TYPE_MISMATCH, "it is no whole number")
            found.value = int(found.value)
        return found

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """A number."""
        found: FlagResolutionDetails[Any] = self._resolve(flag_key, default_value, "number", evaluation_context)
        found.value = float(found.value)
        return found

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """An object or a list."""
        return self._resolve(flag_key, default_value, "object", evaluation_context)

    def _resolve(
        self, key: str, default: Any, kind: _Kind, asked: EvaluationContext | None
    ) -> FlagResolutionDetails[Any]:
        flag = self._store.get(key)
        if flag is None:
            return _wrong(default, ErrorCode.FLAG_NOT_FOUND, f"there is no flag {key}")
        if flag.type != kind:
            return _wrong(default, ErrorCode.TYPE_MISMATCH, f"it is of the type {flag.type}")
        found = evaluate(flag, _context(asked))
        reason = _REASONS[found.reason]
        if found.variant is None:
            return FlagResolutionDetails(value=default, reason=reason)
        if not has_type(found.value, kind):
            return _wrong(default, ErrorCode.TYPE_MISMATCH, f"the variant {found.variant} is of another type")
        return FlagResolutionDetails(value=found.value, reason=reason, variant=found.variant)


def _wrong(default: Any, code: ErrorCode, said: str) -> FlagResolutionDetails[Any]:
    return FlagResolutionDetails(value=default, reason=OpenReason.ERROR, error_code=code, error_message=said)


def _context(asked: EvaluationContext | None) -> Context:
    if asked is None:
        return Context()
    said = {name: str(value) for name, value in asked.attributes.items() if isinstance(value, str)}
    return Context(asked.targeting_key, said.get("organization"), said.get("role"), said.get("user"))


def open_client(store: FlagStore, domain: str) -> OpenFeatureClient:
    """OpenFeature's client over a store. `domain` keeps processes of tests apart; the SDK's registry is global."""
    api.set_provider_and_wait(DatabaseProvider(store), domain)
    return api.get_client(domain)


def close_client(domain: str) -> None:
    """The store is asked no more."""
    api.set_provider_and_wait(NoOpProvider(), domain)
