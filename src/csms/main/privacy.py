# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where personal data stands, over all features: what is handed out, and how it is erased.

A table that is new and holds something about a person gets its lines here; a test compares the columns' names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    String,
    Table,
    and_,
    any_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.api.app import ApiDependencies
from csms.features.accounts.identity_tables import (
    account_letters,
    browser_sessions,
    challenges,
    linked_identities,
    passkeys,
    password_history,
    recovery_codes,
    totp_seeds,
)
from csms.features.accounts.tables import account_links, api_keys, refresh_tokens, users
from csms.features.alerts.tables import alert_events, alerts
from csms.features.audit.tables import audit_log
from csms.features.bulk.tables import bulk_commands
from csms.features.bulk_changes.tables import bulk_change_targets, bulk_changes
from csms.features.campaigns.tables import firmware_campaigns
from csms.features.commands.tables import commands
from csms.features.configuration.tables import configuration_history
from csms.features.drivers.tables import drivers
from csms.features.flags.tables import feature_flag_history
from csms.features.imports.tables import import_rows, imports
from csms.features.local_lists.tables import local_lists
from csms.features.monitoring.tables import charger_notices, charger_report_parts
from csms.features.ocpp_log.tables import ocpp_messages
from csms.features.privacy import routes
from csms.features.privacy.jobs import PrivacyRunner
from csms.features.privacy.service import PrivacyService
from csms.features.reports.tables import charging_days, rollup_states
from csms.features.request_log.tables import api_requests
from csms.features.reservations.tables import reservations
from csms.features.settings.tables import settings_history
from csms.features.tokens.tables import tokens
from csms.features.transactions.tables import meter_values, transaction_events, transactions
from csms.features.workspace.tables import dashboards, saved_views, user_preferences
from csms.kit.clock import Clock
from csms.kit.db.uow import UnitsOfWork
from csms.kit.files import FileStore
from csms.kit.jobs.pgqueuer import PgJobs
from csms.kit.jobs.tables import jobs
from csms.kit.privacy import Erase, Holding, Rows, Subject, change, is_tag, mask, masked, mentions, remove
from csms.main.people import people_service

_targets = bulk_change_targets
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


def _by(table: Table) -> tuple[Rows, Erase]:
    """Rows that say by whom: the name becomes the pseudonym, an address goes."""

    def rows(subject: Subject) -> ColumnElement[bool]:
        return table.c.actor_id == str(subject.id)

    address = {"address": None} if "address" in table.c else {}
    return rows, change(table, rows, lambda subject: {"actor_name": subject.pseudonym, **address})


def _of_user(table: Table) -> tuple[Rows, Erase]:
    """Rows that are a user's own: they go."""

    def rows(subject: Subject) -> ColumnElement[bool]:
        return table.c.user_id == subject.id

    return rows, remove(table, rows)


def _self(table: Table) -> Rows:
    return lambda subject: table.c.id == subject.id


def _nobody(subject: Subject) -> Mapping[str, Any]:
    """What is left of a user: an id, so that what they did is still somebody's."""
    return {
        "username": subject.pseudonym,
        "email": None,
        "email_verified_at": None,
        "display_name": None,
        "is_active": False,
    }


def _audited(subject: Subject) -> ColumnElement[bool]:
    about = (audit_log.c.subject_kind == subject.kind) & (audit_log.c.subject_id == str(subject.id))
    return or_(audit_log.c.actor_id == str(subject.id), about)


_OF_OTHERS: Final = ("sample", "filter", "actor_id", "actor_name", "address", "permissions")
_LOG: Final = mentions(ocpp_messages.c.request, ocpp_messages.c.response)
_ADDED_TO: Final = "the application may only add to it"
_CHAIN: Final = "names, addresses and contents are erased by the database's own function; the chain stays"
_AUDIT_HIDDEN: Final = ("person_salt", "content_salt", "person_digest", "content_digest", "hash", "previous_hash")


def _change_of(subject: Subject) -> ColumnElement[bool]:
    """Changes to many that the token was among: their filter, or a note that was set, may say whose it is."""
    return bulk_changes.c.id.in_(select(_targets.c.bulk).where(_targets.c.token_id == subject.id))


def _no_words(_: Subject) -> Mapping[str, Any]:
    return {"filter": None, "change": bulk_changes.c.change.op("-")(literal("note", String()))}


def _was_changed(subject: Subject) -> ColumnElement[bool]:
    return _targets.c.token_id == subject.id


def _imported(subject: Subject) -> ColumnElement[bool]:
    """Rows of files that became the driver, the user or the token."""
    return import_rows.c.subject == str(subject.id)


def _shown(subject: Subject) -> ColumnElement[bool]:
    """Imports whose sample may show who or what became of one of their rows."""
    return imports.c.sample.is_not(None) & imports.c.id.in_(select(import_rows.c["import"]).where(_imported(subject)))


def _of_import(subject: Subject) -> ColumnElement[bool]:
    """Imports that a user asked for, or that made them a user."""
    return or_(imports.c.actor_id == str(subject.id), _shown(subject))


async def _forget_import(connection: AsyncConnection, subject: Subject) -> int:
    _, by = _by(imports)
    sample = change(imports, _shown, lambda _: {"sample": None})
    return await sample(connection, subject) + await by(connection, subject)


_MADE: Final = ("secret", "generated")


def _emptied(_: Subject) -> Mapping[str, Any]:
    nothing = dict.fromkeys(("key", "reason", "errors", *_MADE))
    return {"values": {}, "faults": {}, **nothing}


_EMPTIED: Final = change(import_rows, _imported, _emptied)


def _names_token(subject: Subject) -> ColumnElement[bool]:
    """Rows that became the token, or a driver to whom it was given."""
    given = func.upper(import_rows.c["values"]["tokens"].astext).contains(subject.name.upper(), autoescape=True)
    return or_(_imported(subject), given)


def _shows_token(subject: Subject) -> ColumnElement[bool]:
    named = select(import_rows.c["import"]).where(_names_token(subject))
    return imports.c.sample.is_not(None) & imports.c.id.in_(named)


_VIEW_HIDDEN: Final = ("user_id", "name", "filter", "display")  # somebody else made it, and may look for others too
# All values that a saved view filters by.
_SOUGHT: Final = literal_column(
    "ARRAY(SELECT lower(btrim(given #>> '{}')) FROM jsonb_path_query(saved_views.filter, '$.*[*]') AS given)",
    ARRAY(String),
)


def _looked_for(subject: Subject, *more: Column[Any]) -> ColumnElement[bool]:
    """Saved views that filter by somebody, or by a word that a row about them has: such a view is of no more use."""
    words: list[ColumnElement[bool]] = [
        literal(word.lower()) == any_(_SOUGHT) for word in (subject.name, str(subject.id), subject.email) if word
    ]
    words += [exists().where(column.table.c.id == subject.id, func.lower(column) == any_(_SOUGHT)) for column in more]
    return or_(*words)


def _of_token(subject: Subject) -> ColumnElement[bool]:
    return _looked_for(subject)


def _of_driver(subject: Subject) -> ColumnElement[bool]:
    return _looked_for(subject, drivers.c.email, drivers.c.phone, drivers.c.external_id)


def _of_own(subject: Subject) -> ColumnElement[bool]:
    return saved_views.c.user_id == subject.id


def _without(subject: Subject) -> ColumnElement[bool]:
    """What goes with a user. What they shared stays, for those who use it, under their pseudonym."""
    private = and_(_of_own(subject), ~saved_views.c.shared)
    return or_(private, _looked_for(subject))


_ROLLED_UP: Final = is_tag(charging_days.c.id_tag)


async def _forget_rolled_up(connection: AsyncConnection, subject: Subject) -> int:
    """After the transactions, and while none is rolled up: nobody writes again what was read before."""
    await connection.execute(select(rollup_states.c.organization_id).with_for_update())
    done = change(charging_days, _ROLLED_UP, lambda subject: {"id_tag": subject.pseudonym})
    return await done(connection, subject)


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
        Holding("token", bulk_changes, _change_of, change(bulk_changes, _change_of, _no_words), hidden=_OF_OTHERS),
        Holding("token", _targets, _was_changed, remove(_targets, _was_changed)),
        Holding("token", imports, _shown, change(imports, _shows_token, lambda _: {"sample": None}), hidden=_OF_OTHERS),
        Holding("token", import_rows, _imported, change(import_rows, _names_token, _emptied), hidden=_MADE),
        Holding("token", local_lists, mentions(local_lists.c.entries), mask(local_lists, local_lists.c.entries)),
        Holding("token", charger_report_parts, mentions(parts), mask(charger_report_parts, parts)),
        Holding("token", charger_notices, mentions(data), mask(charger_notices, data)),
        Holding("token", reservations, is_reserved, reserved),
        Holding("token", transaction_events, _is_event, change(transaction_events, _is_event, _event)),
        Holding("token", saved_views, _of_token, remove(saved_views, _of_token), hidden=_VIEW_HIDDEN),
        Holding("token", transactions, _charged, change(transactions, _charged, _pseudonyms)),
        Holding("token", charging_days, _ROLLED_UP, _forget_rolled_up),
        Holding("token", tokens, _self(tokens), remove(tokens, _self(tokens))),
    ]


def _no_driver(subject: Subject) -> Mapping[str, Any]:
    """What is left of a driver: an id, under which another system may have sent things here."""
    contact = dict.fromkeys(("email", "phone", "language", "external_id", "note"))
    return {"name": subject.pseudonym, **contact, "status": "blocked"}


def _of_drivers() -> list[Holding]:
    """Besides their tokens, which are subjects of their own."""
    return [
        Holding("driver", audit_log, _audited, kept=_CHAIN, hidden=_AUDIT_HIDDEN),
        Holding("driver", imports, _shown, change(imports, _shown, lambda _: {"sample": None}), hidden=_OF_OTHERS),
        Holding("driver", import_rows, _imported, _EMPTIED, hidden=_MADE),
        Holding("driver", saved_views, _of_driver, remove(saved_views, _of_driver), hidden=_VIEW_HIDDEN),
        Holding("driver", drivers, _self(drivers), change(drivers, _self(drivers), _no_driver)),
    ]


def _alerted(subject: Subject) -> ColumnElement[bool]:
    assigned = alerts.c.assigned_to == subject.id
    resolved = func.lower(alerts.c.resolved_by) == subject.name.lower()
    return or_(assigned, resolved if subject.until is None else resolved & (alerts.c.resolved_at <= subject.until))


def _no_names(subject: Subject) -> Mapping[str, Any]:
    names = (
        (alerts.c.assigned_name, alerts.c.assigned_to == subject.id),
        (alerts.c.resolved_by, func.lower(alerts.c.resolved_by) == subject.name.lower()),
    )
    return {column.name: case((theirs, subject.pseudonym), else_=column) for column, theirs in names}


def _of_users() -> list[Holding]:
    named = (
        (configuration_history, _history.actor_name, _history.at, ()),
        (jobs, jobs.c.actor, jobs.c.created_at, ()),
        (alert_events, alert_events.c.actor_name, alert_events.c.at, ()),
        (api_keys, _keys.created_by, _keys.created_at, ("secret_hash", "previous_hash")),
    )
    return [
        Holding("user", audit_log, _audited, kept=_CHAIN, hidden=_AUDIT_HIDDEN),
        *(
            Holding("user", table, *_by(table))
            for table in (
                commands,
                bulk_commands,
                bulk_changes,
                firmware_campaigns,
                settings_history,
                feature_flag_history,
                api_requests,
            )
        ),
        Holding("user", imports, _of_import, _forget_import, hidden=_OF_OTHERS),
        Holding("user", import_rows, _imported, _EMPTIED, hidden=_MADE),
        *(Holding("user", table, *_named(table, column, at), hidden=hidden) for table, column, at, hidden in named),
        Holding("user", alerts, _alerted, change(alerts, _alerted, _no_names)),
        *(Holding("user", table, *_of_user(table), hidden=_SECRETS) for table in (*OWN, dashboards, user_preferences)),
        Holding("user", saved_views, _of_own, remove(saved_views, _without)),
        Holding("user", users, _self(users), change(users, _self(users), _nobody), hidden=_SECRETS),
    ]


# What a user has for signing in.
OWN: Final = (
    account_letters,
    account_links,
    browser_sessions,
    challenges,
    linked_identities,
    passkeys,
    password_history,
    recovery_codes,
    refresh_tokens,
    totp_seeds,
)
_SECRETS: Final = ("token_hash", "secret_hash", "password_hash", "code_hash", "seed", "data", "public_key")
HOLDINGS: Final = (*_of_tokens(), *_of_drivers(), *_of_users())
# Columns that look personal and are of no holding, each for its reason.
NOT_PERSONAL: Final = {
    "chargers.address": "a charger's",
    "charger_connections.address": "a charger's",
    "past_connections.address": "a charger's",
    "charger_refusals.address": "a charger's, or of whoever pretended to be one",
    "pending_chargers.address": "a charger's",
    "api_keys.last_used_address": "a program's",
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
