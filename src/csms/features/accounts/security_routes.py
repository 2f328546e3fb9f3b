# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP: one's own sessions and second factors."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from csms.features.accounts import factor_repository
from csms.features.accounts import identity_repository as repository
from csms.features.accounts.dependencies import (
    Accounts,
    Asked,
    From,
    Parts,
    SettingUp,
    Showing,
    SignedIn,
    Units,
)
from csms.features.accounts.identity_schemas import (
    Confirmation,
    EmailChange,
    PasskeyAdded,
    PasskeyCreate,
    PasskeyItem,
    PasskeyList,
    PasskeyOptions,
    PasskeyRename,
    RecoveryCodes,
    Security,
    SessionList,
    SessionsEnded,
    ShownFactor,
    TotpBegun,
    TotpConfirm,
)
from csms.features.accounts.sessions import session_of
from csms.kit.http.json import rows_response
from csms.kit.http.principal import scope_of
from csms.kit.http.routes import Route

router = APIRouter(prefix="/api/v1/me", tags=["accounts"], route_class=Route)
_SHOWN = ("id", "name", "backed_up", "created_at", "last_used_at")


@router.get("/sessions", response_model=SessionList)
async def list_my_sessions(request: Request, principal: SignedIn, identity: Parts, units: Units) -> Response:
    """Where you are signed in."""
    async with units(scope_of(request, principal)) as uow:
        return rows_response({"items": await identity.sessions.of(uow, principal)})


@router.delete("/sessions/{session_id}", status_code=204)
async def end_my_session(
    request: Request, principal: SignedIn, accounts: Accounts, units: Units, session_id: UUID
) -> Response:
    """Sign out somewhere else."""
    async with units(scope_of(request, principal)) as uow:
        await accounts.identity.sessions.end(uow, principal, session_id)
    accounts.forget(principal.user_id)
    return Response(status_code=204)


@router.post("/sessions/revoke-others", response_model=SessionsEnded)
async def end_my_other_sessions(request: Request, principal: SignedIn, accounts: Accounts, units: Units) -> Response:
    """Sign out everywhere but here."""
    async with units(scope_of(request, principal)) as uow:
        ended = await accounts.identity.sessions.end_others(uow, principal)
    accounts.forget(principal.user_id)
    return rows_response({"ended": ended})


@router.get("/security", response_model=Security)
async def get_my_security(request: Request, principal: Asked, identity: Parts, units: Units) -> Response:
    """What guards your account."""
    session_of(principal)
    async with units(scope_of(request, principal)) as uow:
        return rows_response(await identity.security(uow, principal))


@router.post("/email-verification", status_code=202, response_class=Response)
async def ask_own_verification(request: Request, principal: SignedIn, identity: Parts, units: Units) -> Response:
    """Have a link sent to your mail address, by which you show that it is yours."""
    session_of(principal)
    async with units(scope_of(request, principal)) as uow:
        await identity.addresses.ask(uow, principal.user_id)
    return Response(status_code=202)


@router.post("/email-change", status_code=202, response_class=Response)
async def change_my_email(
    request: Request, principal: SignedIn, identity: Parts, units: Units, client: From, body: EmailChange
) -> Response:
    """Ask for another mail address: it is yours once the link is opened that goes there; the present one is told."""
    await identity.sign_in.confirm(principal, body, client)
    async with units(scope_of(request, principal)) as uow:
        await identity.addresses.propose(uow, principal.user_id, body.email)
    return Response(status_code=202)


@router.delete("/email-change", status_code=204)
async def withdraw_my_email(request: Request, principal: SignedIn, identity: Parts, units: Units) -> Response:
    """Keep the mail address: the link that went to the other one opens nothing any more."""
    session_of(principal)
    async with units(scope_of(request, principal)) as uow:
        await identity.addresses.withdraw(uow, principal.user_id)
    return Response(status_code=204)


@router.post("/second-factor", status_code=204)
async def show_second_factor(principal: Showing, accounts: Accounts, client: From, body: ShownFactor) -> Response:
    """Show your second factor for this session: after single sign-on, or where it is asked for since you signed in."""
    await accounts.identity.sign_in.show(principal, body, client)
    accounts.forget(principal.user_id)
    return Response(status_code=204)


@router.post("/second-factor/passkey-options", response_model=PasskeyOptions)
async def ask_own_passkey(request: Request, principal: Showing, identity: Parts, units: Units) -> Response:
    """What the browser is to be asked, where a passkey is shown for this session."""
    session_of(principal)
    async with units(scope_of(request, principal)) as uow:
        return rows_response(await identity.passkeys.ask(uow, principal.user_id))


@router.post("/totp", response_model=TotpBegun)
async def begin_totp(
    request: Request, principal: SettingUp, identity: Parts, units: Units, client: From, body: Confirmation
) -> Response:
    """Begin with an authenticator app: the seed for it. It counts once you confirm it with a code."""
    await identity.sign_in.confirm(principal, body, client)
    async with units(scope_of(request, principal)) as uow:
        secret, uri = await identity.factors.begin_totp(uow, principal.user_id, principal.username)
    return rows_response({"secret": secret, "uri": uri})


@router.post("/totp/confirm", response_model=RecoveryCodes)
async def confirm_totp(principal: SettingUp, accounts: Accounts, client: From, body: TotpConfirm) -> Response:
    """Confirm the authenticator with a code of it. The answer has recovery codes, the first time."""
    codes = await accounts.identity.sign_in.confirm_totp(principal, body.code, client)
    accounts.forget(principal.user_id)
    return rows_response({"codes": codes})


@router.delete("/totp", status_code=204)
async def remove_totp(
    request: Request, principal: SignedIn, accounts: Accounts, units: Units, client: From, body: Confirmation
) -> Response:
    """Remove the authenticator."""
    identity = accounts.identity
    await identity.sign_in.confirm(principal, body, client)
    async with units(scope_of(request, principal)) as uow:
        await identity.factors.remove_totp(uow, principal.user_id)
    accounts.forget(principal.user_id)
    return Response(status_code=204)


@router.post("/recovery-codes", response_model=RecoveryCodes)
async def renew_recovery_codes(
    request: Request, principal: SignedIn, identity: Parts, units: Units, client: From, body: Confirmation
) -> Response:
    """Ten new recovery codes; older ones are good for nothing any more."""
    await identity.sign_in.confirm(principal, body, client)
    async with units(scope_of(request, principal)) as uow:
        return rows_response({"codes": await identity.factors.new_recovery_codes(uow, principal.user_id)})


@router.get("/passkeys", response_model=PasskeyList)
async def list_my_passkeys(request: Request, principal: SignedIn, units: Units) -> Response:
    """Your passkeys."""
    session_of(principal)
    async with units(scope_of(request, principal)) as uow:
        found = await repository.list_passkeys(uow.connection, principal.user_id)
    return rows_response({"items": [{name: row[name] for name in _SHOWN} for row in found]})


@router.post("/passkeys/options", response_model=PasskeyOptions)
async def begin_passkey(
    request: Request, principal: SettingUp, identity: Parts, units: Units, client: From, body: Confirmation
) -> Response:
    """What the browser is to be asked for a new passkey."""
    await identity.sign_in.confirm(principal, body, client)
    async with units(scope_of(request, principal)) as uow:
        return rows_response(await identity.passkeys.begin(uow, principal.user_id, principal.username))


@router.post("/passkeys", status_code=201)
async def add_passkey(
    request: Request, principal: SettingUp, accounts: Accounts, units: Units, body: PasskeyCreate
) -> PasskeyAdded:
    """Keep the passkey that the browser made. With the first second factor come recovery codes."""
    identity, session_id = accounts.identity, session_of(principal)
    async with units(scope_of(request, principal)) as uow:
        passkey_id = await identity.passkeys.add(uow, principal.user_id, body.name, body.credential.plain())
        codes = await identity.factors.first_recovery_codes(uow, principal.user_id)
        await factor_repository.note_second_factor(uow.connection, session_id)
        rows = await repository.list_passkeys(uow.connection, principal.user_id)
    accounts.forget(principal.user_id)
    row = next(row for row in rows if row["id"] == passkey_id)
    return PasskeyAdded(passkey=PasskeyItem(**{name: row[name] for name in _SHOWN}), recovery_codes=codes)


@router.patch("/passkeys/{passkey_id}", status_code=204)
async def rename_passkey(
    request: Request, principal: SignedIn, identity: Parts, units: Units, passkey_id: UUID, body: PasskeyRename
) -> Response:
    """Call a passkey otherwise."""
    session_of(principal)
    async with units(scope_of(request, principal)) as uow:
        await identity.passkeys.rename(uow, principal.user_id, passkey_id, body.name)
    return Response(status_code=204)


@router.delete("/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(
    request: Request,
    principal: SignedIn,
    accounts: Accounts,
    units: Units,
    client: From,
    passkey_id: UUID,
    body: Confirmation,
) -> Response:
    """Remove a passkey."""
    identity = accounts.identity
    await identity.sign_in.confirm(principal, body, client)
    async with units(scope_of(request, principal)) as uow:
        await identity.passkeys.remove(uow, principal.user_id, passkey_id)
        await identity.factors.tidy(uow, principal.user_id)
    accounts.forget(principal.user_id)
    return Response(status_code=204)
