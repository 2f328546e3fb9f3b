# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Authorization (C), local list (D), reservation (H): tokens and what is known of them."""

from typing import Final

from csms.dialects.base import Inbound, NotExpressibleError, Outbound
from csms.dialects.numbers import read_int32
from csms.dialects.times import format_time
from csms.dialects.v2.mirror import to_domain, word
from csms.dialects.v2.outcomes import read_status
from csms.domain.certificates import CertificateHash, OcspQuery
from csms.domain.commands import (
    CancelReservation,
    ClearCache,
    Command,
    GetLocalListVersion,
    LocalListEntry,
    Outcome,
    OutcomeStatus,
    ReserveNow,
    SendLocalList,
)
from csms.domain.messages import (
    Acknowledged,
    AuthorizationAnswer,
    AuthorizationRequested,
    ReservationReported,
)
from csms.domain.texts import bounded
from csms.domain.tokens import Authorization, AuthorizationStatus
from csms.ocpp import v21

_STATUS: Final = {
    AuthorizationStatus.ACCEPTED: "Accepted",
    AuthorizationStatus.BLOCKED: "Blocked",
    AuthorizationStatus.EXPIRED: "Expired",
    AuthorizationStatus.INVALID: "Invalid",
    AuthorizationStatus.CONCURRENT_TX: "ConcurrentTx",
    AuthorizationStatus.NO_CREDIT: "NoCredit",
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: "NotAllowedTypeEVSE",
    AuthorizationStatus.NOT_AT_THIS_LOCATION: "NotAtThisLocation",
    AuthorizationStatus.NOT_AT_THIS_TIME: "NotAtThisTime",
    AuthorizationStatus.UNKNOWN: "Unknown",
}
# The spelling of the types (Appendix 7); others are a vendor's own.
_TYPES: Final = {
    "central": "Central",
    "direct_payment": "DirectPayment",
    "e_maid": "eMAID",
    "evccid": "EVCCID",
    "iso14443": "ISO14443",
    "iso15693": "ISO15693",
    "key_code": "KeyCode",
    "local": "Local",
    "mac_address": "MacAddress",
    "no_authorization": "NoAuthorization",
    "vin": "VIN",
}
_WORDS: Final = {spelt: name for name, spelt in _TYPES.items()}
_CERTIFICATE: Final = {
    "accepted": "Accepted",
    "signature_error": "SignatureError",
    "certificate_expired": "CertificateExpired",
    "certificate_revoked": "CertificateRevoked",
    "no_certificate_available": "NoCertificateAvailable",
    "cert_chain_error": "CertChainError",
    "contract_cancelled": "ContractCancelled",
}
_RFID: Final = "ISO14443"


def read_token_type(spelt: str) -> str:
    """A token's type as the domain spells it."""
    return _WORDS.get(spelt, spelt)


def write_token(value: str, kind: str | None) -> v21.IdTokenType:
    """A token with its type: an RFID card where none is known."""
    return v21.IdTokenType(id_token=value, type=_RFID if kind is None else _TYPES.get(kind, kind))


def write_id_token_info(authorization: Authorization) -> v21.IdTokenInfoType:
    """Status, expiry and group; a token that nobody provisioned is unknown rather than invalid."""
    status = _STATUS[authorization.status] if authorization.known else "Unknown"
    group, expires_at = authorization.group, authorization.expires_at
    return v21.IdTokenInfoType(
        status=status,  # type: ignore[arg-type]
        cache_expiry_date_time=None if expires_at is None else format_time(expires_at),
        group_id_token=None if not group else v21.IdTokenType(id_token=group, type="Central"),
    )


def read_authorize(wire: v21.Authorize) -> AuthorizationRequested:
    """May this token charge? Its contract certificate comes with it where the vehicle showed one (C07)."""
    return AuthorizationRequested(
        token=bounded(wire.id_token.id_token),
        token_type=read_token_type(wire.id_token.type),
        certificate=wire.certificate,
        certificate_hashes=tuple(read_ocsp_query(item) for item in wire.iso15118_certificate_hash_data or ()),
    )


def read_ocsp_query(wire: v21.OCSPRequestDataType) -> OcspQuery:
    """Which certificate, and who answers for it."""
    return OcspQuery(to_domain(wire, CertificateHash), wire.responder_url)


def answer_authorize(answer: AuthorizationAnswer) -> v21.AuthorizeResponse:
    """What is known of the token, and of its certificate."""
    status = answer.certificate_status
    return v21.AuthorizeResponse(
        id_token_info=write_id_token_info(answer.authorization),
        certificate_status=None if status is None else _CERTIFICATE[status],  # type: ignore[arg-type]
    )


def write_clear_cache(_: ClearCache) -> v21.ClearCache:
    """Forget the tokens."""
    return v21.ClearCache()


def _write_entry(entry: LocalListEntry) -> v21.AuthorizationData:
    info = None
    if entry.status is not None:
        status = AuthorizationStatus(entry.status)
        info = write_id_token_info(Authorization(status, entry.expires_at, entry.group))
    return v21.AuthorizationData(id_token=write_token(entry.token, entry.token_type), id_token_info=info)


def write_local_list(command: SendLocalList) -> v21.SendLocalList:
    """The whole list, or what changes in it."""
    if command.version is None:
        raise NotExpressibleError("the list needs a version")
    return v21.SendLocalList(
        local_authorization_list=[_write_entry(entry) for entry in command.entries] or None,
        version_number=command.version,
        update_type="Full" if command.update == "full" else "Differential",
    )


def write_list_version(_: GetLocalListVersion) -> v21.GetLocalListVersion:
    """Which version is there?"""
    return v21.GetLocalListVersion()


def write_reserve(command: ReserveNow) -> v21.ReserveNow:
    """Keep an EVSE (or any) for a token."""
    if command.reservation_id is None:
        raise NotExpressibleError("the reservation needs an id")
    return v21.ReserveNow(
        id=command.reservation_id,
        expiry_date_time=format_time(command.expires_at),
        connector_type=command.connector_type,
        id_token=write_token(command.token, command.token_type),
        evse_id=command.evse_id or command.connector_id,
        group_id_token=None if command.group is None else write_token(command.group, "central"),
    )


def write_cancel(command: CancelReservation) -> v21.CancelReservation:
    """Give it up."""
    return v21.CancelReservation(reservation_id=command.reservation_id)


def read_list_version(wire: v21.GetLocalListVersionResponse) -> Outcome:
    """The version: 0 where there is no list."""
    return Outcome(OutcomeStatus.ACCEPTED, reason=f"version {wire.version_number}")


def read_reservation(wire: v21.ReservationStatusUpdate) -> ReservationReported:
    """A reservation ended by itself."""
    return ReservationReported(read_int32(wire.reservation_id, "reservationId"), word(wire.reservation_update_status))


def answer_reservation(_: Acknowledged) -> v21.ReservationStatusUpdateResponse:
    """Stored."""
    return v21.ReservationStatusUpdateResponse()


INBOUND: Final[dict[type, Inbound]] = {
    v21.Authorize: Inbound(read_authorize, answer_authorize),
    v21.ReservationStatusUpdate: Inbound(read_reservation, answer_reservation),
}
OUTBOUND: Final[dict[type[Command], Outbound]] = {
    ClearCache: Outbound("ClearCache", write_clear_cache, read_status),
    SendLocalList: Outbound("SendLocalList", write_local_list, read_status),
    GetLocalListVersion: Outbound("GetLocalListVersion", write_list_version, read_list_version),
    ReserveNow: Outbound("ReserveNow", write_reserve, read_status),
    CancelReservation: Outbound("CancelReservation", write_cancel, read_status),
}
