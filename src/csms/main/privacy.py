# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where personal data stands, over all features: what is handed out, and how it is erased.

A table that is new and holds something about a person gets its lines here; a test compares the columns' names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import Column, ColumnElement, Table, case, func, or_, select

from csms.api.app import ApiDependencies
from csms.features.accounts.tables import account_links, api_keys, refresh_tokens, users
from csms.features.audit.tables import audit_log
from csms.features.bulk.tables import bulk_commands
from csms.features.commands.tables import commands
from csms.features.configuration.tables import configuration_history
from csms.features.local_lists.tables import local_lists
from csms.features.monitoring.tables import charger_notices, charger_report_parts
from csms.features.ocpp_log.tables import ocpp_messages
from csms.features.privacy import routes
from csms.features.privacy.jobs import PrivacyRunner
from csms.features.privacy.service import PrivacyService
from csms.features.reservations.tables import reservations
from csms.features.tokens.tables import tokens
from csms.features.transactions.tables import meter_values, transaction_events, transactions
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitsOfWork
from csms.kit.files import FileStore
from csms.kit.jobs.pgqueuer import PgJobs
from csms.kit.jobs.tables import jobs
from csms.kit.privacy import Erase, Holding, Rows, Subject, change, is_tag, mask, masked, mentions, remove
from csms.main.people import people_service

_t, _e, _history, _keys = transactions.c, transaction_events.c, configuration_history.c, api_keys.c
_started, _stopped = is_tag(_t.id_tag), is_tag(_t.stop_id_tag)


def _charged(subject: Subject) -> ColumnElement[bool]:
    return or_(_started(subject), _stopped(subject))


def _of_charged(column: Column[Any]) -> Rows:
    return lambda subject: column.in_(select(_t.id).where(_charged(subject)))


def _pseudonyms(subject: Subject) -> Mapping[str, Any]:
    pairs = ((_t.id_tag, _started), (_t.stop_id_tag, _stopped))
    return {column.name: case((is_own(subject), subject.pseudonym), else_=column) for column, is_own in pairs}


def _event(subject: Subject) -> Mapping[str, Any]:
    own = is_tag(_e.id_tag)(subject)
    return {"id_tag": case((own, subject.pseudonym), else_=_e.id_tag), "details": masked(_e.details)(subject)}


def _is_event(subject: Subject) -> ColumnElement[bool]:
    return or_(is_tag(_e.id_tag)(subject), mentions(_e.details)(subject))


def _named(table: Table, column: Column[Any], at: Column[Any]) -> tuple[Rows, Erase]:
    """Rows that name a user, who was unique by name at their time; the name becomes the pseudonym."""

    def rows(subject: Subject) -> ColumnElement[bool]:
        theirs = func.lower(column) == subject.name.lower()
        return theirs if subject.until is None else theirs & (at <= subject.until)

    return rows, change(table, rows, lambda subject: {column.name: subject.pseudonym})


def _self(table: Table) -> Rows:
    return lambda subject: table.c.id == subject.id


def _nobody(subject: Subject) -> Mapping[str, Any]:
    """What is left of a user: an id, so that what they did is still somebody's."""
    return {"username": subject.pseudonym, "email": None, "display_name": None, "is_active": False}


def _audited(subject: Subject) -> ColumnElement[bool]:
    about = (audit_log.c.subject_kind == subject.kind) & (audit_log.c.subject_id == str(subject.id))
    return or_(audit_log.c.actor_id == str(subject.id), about)


_LOG: Final = mentions(ocpp_messages.c.request, ocpp_messages.c.response)
_KEY_HIDDEN: Final = ("secret_hash", "previous_hash")
_CHAIN: Final = "names, addresses and contents are erased by the database's own function; the chain stays"
_AUDIT_HIDDEN: Final = ("person_salt", "content_salt", "person_digest", "content_digest", "hash", "previous_hash")


def _of_tokens() -> list[Holding]:
    is_reserved = is_tag(reservations.c.id_tag)
    reserved = change(reservations, is_reserved, lambda subject: {"id_tag": subject.pseudonym})
    bodies = commands.c.body, commands.c.result
    parts, data = charger_report_parts.c["items"], charger_notices.c.data
    return [
        Holding("token", audit_log, _audited, kept=_CHAIN, hidden=_AUDIT_HIDDEN),
        Holding("token", ocpp_messages, _LOG, kept="the token is masked by the database's own function"),
        Holding("token", meter_values, _of_charged(meter_values.c.transaction), kept="energy and times name nobody"),
        Holding("token", commands, mentions(*bodies), mask(commands, *bodies)),
        Holding("token", bulk_commands, mentions(bulk_commands.c.body), mask(bulk_commands, bulk_commands.c.body)),
        Holding("token", local_lists, mentions(local_lists.c.entries), mask(local_lists, local_lists.c.entries)),
        Holding("token", charger_report_parts, mentions(parts), mask(charger_report_parts, parts)),
        Holding("token", charger_notices, mentions(data), mask(charger_notices, data)),
        Holding("token", reservations, is_reserved, reserved),
        Holding("token", transaction_events, _is_event, change(transaction_events, _is_event, _event)),
        Holding("token", transactions, _charged, change(transactions, _charged, _pseudonyms)),
        Holding("token", tokens, _self(tokens), remove(tokens, _self(tokens))),
    ]


def _of_users() -> list[Holding]:
    def sessions(subject: Subject) -> ColumnElement[bool]:
        return refresh_tokens.c.user_id == subject.id

    def links(subject: Subject) -> ColumnElement[bool]:
        return account_links.c.user_id == subject.id

    def asked(subject: Subject) -> ColumnElement[bool]:
        return bulk_commands.c.actor_id == str(subject.id)

    def sent(subject: Subject) -> ColumnElement[bool]:
        return commands.c.actor_id == str(subject.id)

    def pseudonym(subject: Subject) -> Mapping[str, Any]:
        return {"actor_name": subject.pseudonym}

    return [
        Holding("user", audit_log, _audited, kept=_CHAIN, hidden=_AUDIT_HIDDEN),
        Holding("user", commands, sent, change(commands, sent, pseudonym)),
        Holding("user", bulk_commands, asked, change(bulk_commands, asked, pseudonym)),
        Holding("user", configuration_history, *_named(configuration_history, _history.actor_name, _history.at)),
        Holding("user", jobs, *_named(jobs, jobs.c.actor, jobs.c.created_at)),
        Holding("user", api_keys, *_named(api_keys, _keys.created_by, _keys.created_at), hidden=_KEY_HIDDEN),
        Holding("user", account_links, links, remove(account_links, links), hidden=("token_hash",)),
        Holding("user", refresh_tokens, sessions, remove(refresh_tokens, sessions), hidden=("token_hash",)),
        Holding("user", users, _self(users), change(users, _self(users), _nobody), hidden=("password_hash",)),
    ]


HOLDINGS: Final = (*_of_tokens(), *_of_users())
# Columns that look personal and are of no holding, each for its reason.
NOT_PERSONAL: Final = {
    "chargers.address": "a charger's",
    "charger_connections.address": "a charger's",
    "pending_chargers.address": "a charger's",
    "security_events.address": "a charger's, or of whoever pretended to be one",
}


def _store(data_dir: Path) -> FileStore:
    """Apart from the files that are backed up: an export that was fetched, or not, is gone after a week."""
    return FileStore(data_dir / "exports")


def privacy_router(deps: ApiDependencies) -> APIRouter:
    """The routes."""
    people = people_service(deps.accounts, deps.units, deps.keys, deps.clock, deps.public_url)
    service = PrivacyService(PgJobs(deps.clock), deps.clock, _store(deps.data_dir), people)
    return routes.router(deps.units, service)


def privacy_runner(units: UnitsOfWork, data_dir: Path, clock: Clock) -> PrivacyRunner:
    """For the worker."""
    return PrivacyRunner(units, units.organizations, _store(data_dir), HOLDINGS, clock)
