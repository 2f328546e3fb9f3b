# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Questions about certificates of vehicles that only others can answer: responders (OCSP), the contracts' provider."""

import base64
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog
from cryptography import x509

from csms.domain.certificates import CertificateHash, OcspQuery
from csms.domain.messages import (
    Answer,
    AuthorizationRequested,
    CertificateChainStatusAnswer,
    CertificateChainStatusRequested,
    CertificateStatusAnswer,
    CertificateStatusRequested,
    ContractCertificateAnswer,
    ContractCertificateRequested,
    Report,
    Source,
)
from csms.kit.clock import Clock
from csms.kit.http.outbound import Outbound, OutboundError
from csms.kit.pki.chains import ChainError, read_chain, verify_chain
from csms.kit.pki.ocsp import OcspAnswer, OcspError, make_request, read_answer

log = structlog.get_logger(__name__)

_MAX_REMEMBERED: Final = 10_000
_ASK_AGAIN: Final = timedelta(minutes=5)  # after a failure
_MAX_EXI: Final = 17_000  # 2.1 exiResponse; 2.0.1 takes less and is held to its schema when it is written
_OCSP_HEADERS: Final = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}


class Responders:
    """Asks OCSP responders; answers are remembered until they end."""

    def __init__(self, outbound: Outbound, trusted: Callable[[], Sequence[x509.Certificate]], clock: Clock) -> None:
        self._outbound = outbound
        self._trusted = trusted
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[bytes, OcspAnswer]] = OrderedDict()

    async def ask(self, query: OcspQuery) -> tuple[bytes, OcspAnswer]:
        """The responder's own answer and what it says. Raises OcspError or OutboundError."""
        named, now = query.certificate, self._clock.now()
        key = (named.issuer_key_hash.lower(), named.serial_number.lower())
        known = self._known.get(key)
        if known is not None and known[1].until > now:
            return known
        question = make_request(
            named.hash_algorithm, named.issuer_name_hash, named.issuer_key_hash, named.serial_number
        )
        der = await self._outbound.post(query.responder_url, question, _OCSP_HEADERS)
        answer = read_answer(der, named.serial_number, self._trusted(), now)
        self._known[key] = der, answer
        while len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        return der, answer


class CertificateStatusConsultant:
    """GetCertificateStatus (2.x M06): the responder's answer is passed on as it was signed."""

    def __init__(self, responders: Responders) -> None:
        self._responders = responders

    def wants(self, _: Report) -> bool:
        """Always."""
        return True

    async def __call__(self, source: Source, report: Report) -> Answer:
        """The answer in base64, or why there is none."""
        assert isinstance(report, CertificateStatusRequested)
        try:
            der, _ = await self._responders.ask(report.query)
        except (OcspError, OutboundError) as error:
            log.info("certificate status not known", charger_id=source.charger_id, reason=str(error))
            return CertificateStatusAnswer(reason=str(error))
        return CertificateStatusAnswer(base64.b64encode(der).decode())


class ChainStatusConsultant:
    """GetCertificateChainStatus (2.1): each certificate by its responder; lists of revoked ones are not fetched."""

    def __init__(self, responders: Responders, clock: Clock) -> None:
        self._responders = responders
        self._clock = clock

    def wants(self, _: Report) -> bool:
        """Always."""
        return True

    async def __call__(self, source: Source, report: Report) -> Answer:
        """Good, revoked, unknown, or failed where nobody could be asked."""
        del source
        assert isinstance(report, CertificateChainStatusRequested)
        statuses = [await self._status(*query) for query in report.queries]
        return CertificateChainStatusAnswer(report.queries, tuple(statuses))

    async def _status(self, named: CertificateHash, kind: str, urls: tuple[str, ...]) -> tuple[str, datetime]:
        for url in urls if kind == "ocsp" else ():
            try:
                _, answer = await self._responders.ask(OcspQuery(named, url))
            except (OcspError, OutboundError):
                continue
            return answer.status, answer.until
        return "failed", self._clock.now() + _ASK_AGAIN


class ContractConsultant:
    """Get15118EVCertificate (2.x M01, M02): asked of the provider of contract certificates over HTTP."""

    def __init__(self, outbound: Outbound, url: str | None, token: str | None) -> None:
        self._outbound = outbound
        self._url = url
        self._token = token

    def wants(self, _: Report) -> bool:
        """Always."""
        return True

    async def __call__(self, source: Source, report: Report) -> Answer:
        """What the provider said; a failure where it cannot be asked."""
        assert isinstance(report, ContractCertificateRequested)
        if self._url is None:
            return ContractCertificateAnswer(False, reason="no provider of contract certificates is set")
        body = {
            "charger_id": source.charger_id,
            "iso15118_schema_version": report.schema_version,
            "action": report.action,
            "exi_request": report.exi_request,
            "maximum_contract_certificate_chains": report.maximum_chains,
            "prioritized_emaids": report.prioritized_emaids,
        }
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            return _read_contract(await self._outbound.post(self._url, msgspec.json.encode(body), headers))
        except OutboundError as error:
            log.warning("no contract certificate", charger_id=source.charger_id, reason=str(error))
            return ContractCertificateAnswer(False, reason=str(error))


class _ContractResponse(msgspec.Struct):
    status: str
    exi_response: str = ""
    remaining_contracts: int | None = None


def _read_contract(raw: bytes) -> ContractCertificateAnswer:
    try:
        response = msgspec.json.decode(raw, type=_ContractResponse)
    except msgspec.DecodeError as error:
        raise OutboundError(f"the provider's answer does not fit: {error}") from error
    if len(response.exi_response) > _MAX_EXI:
        raise OutboundError(f"the provider's answer is longer than {_MAX_EXI} characters")
    accepted = response.status.lower() == "accepted"
    return ContractCertificateAnswer(accepted, response.exi_response, response.remaining_contracts)


class AuthorizationConsultant:
    """Authorize with a contract certificate (2.x C07): its chain, and whether it is revoked."""

    def __init__(self, responders: Responders, trusted: Callable[[], Sequence[x509.Certificate]], clock: Clock) -> None:
        self._responders = responders
        self._trusted = trusted
        self._clock = clock

    def wants(self, report: Report) -> bool:
        """Only with a certificate, or with hashes of it."""
        return isinstance(report, AuthorizationRequested) and bool(report.certificate or report.certificate_hashes)

    async def __call__(self, source: Source, report: Report) -> Report:
        """The same question, with what was found of the certificate."""
        assert isinstance(report, AuthorizationRequested)
        try:
            status = await self._status(report)
        except ChainError as error:
            log.info("contract certificate refused", charger_id=source.charger_id, reason=str(error))
            status = error.problem
        except (OcspError, OutboundError) as error:
            log.info("contract certificate cannot be checked", charger_id=source.charger_id, reason=str(error))
            status = "no_certificate_available"
        found: Any = msgspec.structs.replace(report, certificate_status=status)
        checked: Report = found
        return checked

    async def _status(self, report: AuthorizationRequested) -> str:
        if report.certificate:
            verify_chain(read_chain(report.certificate), self._trusted(), self._clock.now())
        for query in report.certificate_hashes:
            _, answer = await self._responders.ask(query)
            if answer.status != "good":
                return "certificate_revoked" if answer.status == "revoked" else "cert_chain_error"
        return "accepted"
