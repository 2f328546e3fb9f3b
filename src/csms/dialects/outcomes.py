# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the statuses of answers stand for, in all versions."""

from typing import Final

from csms.domain.commands import Outcome, OutcomeStatus

_A: Final = OutcomeStatus.ACCEPTED
_R: Final = OutcomeStatus.REJECTED
_N: Final = OutcomeStatus.NOT_SUPPORTED
STATUSES: Final[dict[str, tuple[OutcomeStatus, str | None]]] = {
    "Accepted": (_A, None),
    "AcceptedCanceled": (_A, "what was under way before was cancelled"),
    "ConditionNotSupported": (_N, "a condition of the tariff is not supported"),
    "DownloadOngoing": (_R, "it is being downloaded"),
    "Duplicate": (_R, "there is such a monitor already"),
    "DuplicateTariffId": (_R, "there is a tariff with that id already"),
    "EmptyResultSet": (_A, "there is nothing that matches"),
    "Failed": (_R, "it failed"),
    "Faulted": (_R, "the connector is faulted"),
    "Invalid": (_R, "the request is not valid"),
    "InvalidCertificate": (_R, "the signing certificate is not valid"),
    "LanguageNotSupported": (_N, "the language is not supported"),
    "NoCurrencyChange": (_R, "the currency cannot change during a transaction"),
    "NoFirmware": (_R, "that firmware is not published"),
    "NoProfile": (_R, "there is no priority charging profile"),
    "NoProfiles": (_A, "there is no profile that matches"),
    "NoTariff": (_R, "there is no such tariff"),
    "NotFound": (_R, "not found"),
    "NotImplemented": (_N, "the charger cannot be asked for that message"),
    "NotSupported": (_N, "the charger does not support it"),
    "NotSupportedAttributeType": (_N, "the variable has no such attribute"),
    "NotSupportedMessageFormat": (_N, "the message's format is not supported"),
    "NotSupportedPriority": (_N, "the message's priority is not supported"),
    "NotSupportedState": (_N, "the message's state is not supported"),
    "Occupied": (_R, "the connector is occupied"),
    "OngoingAuthorizedTransaction": (_R, "an authorized transaction goes on at the connector"),
    "RebootRequired": (_A, "takes effect after a restart of the charger"),
    "Rejected": (_R, None),
    "RevokedCertificate": (_R, "the signing certificate is revoked"),
    "Scheduled": (_A, "scheduled: it happens when the transaction ends"),
    "TooManyElements": (_R, "the tariff has too many elements"),
    "TxNotFound": (_R, "the charger does not know the transaction"),
    "Unavailable": (_R, "the connector is unavailable"),
    "Unknown": (_R, "the charger does not know it"),
    "UnknownComponent": (_N, "the charger does not have the component"),
    "UnknownConnector": (_R, "the charger does not have the connector"),
    "UnknownMessageId": (_R, "UnknownMessageId"),
    "UnknownTransaction": (_R, "the charger does not know the transaction"),
    "UnknownVariable": (_N, "the charger does not have the variable"),
    "UnknownVendorId": (_R, "UnknownVendorId"),
    "UnlockFailed": (_R, "the connector could not be unlocked"),
    "Unlocked": (_A, None),
    "Unpublished": (_A, None),
    "UnsupportedMonitorType": (_N, "the variable cannot be watched so"),
    "VersionMismatch": (_R, "the version of the list is not newer than the charger's"),
}


def known_outcome(status: str) -> Outcome:
    """The outcome that a status stands for; one of the vendor's own is reported as an error."""
    known, reason = STATUSES.get(status, (OutcomeStatus.ERROR, f"unknown status {status!r}"))
    return Outcome(known, reason=reason)
