# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands of OCPP 1.6 beyond Core, with what is on the wire for them.

Each: body, action, payload on the wire, the charger's answer, status and reason of the outcome.
"""

from typing import Any

Case = tuple[dict[str, Any], str, dict[str, Any], dict[str, Any], tuple[str, str | None]]
ACCEPTED = {"status": "Accepted"}
AT = "2026-11-24T10:00:00Z"
ON_WIRE = "2026-11-24T10:00:00.000Z"
HASH = {"hash_algorithm": "sha256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "0c"}
WIRE_HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "0c"}
PROFILE: dict[str, Any] = {
    "id": 7,
    "stack_level": 1,
    "purpose": "tx_default_profile",
    "kind": "recurring",
    "recurrency": "daily",
    "valid_from": AT,
    "valid_to": "2027-11-24T10:00:00Z",
    "schedules": [
        {
            "unit": "A",
            "start_at": AT,
            "duration_s": 86_400,
            "min_charging_rate": 6.0,
            "periods": [{"start_s": 0, "limit": 16.0, "number_phases": 3}, {"start_s": 3_600, "limit": 0.0}],
        }
    ],
}
WIRE_PROFILE: dict[str, Any] = {
    "chargingProfileId": 7,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": ON_WIRE,
    "validTo": "2027-11-24T10:00:00.000Z",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "startSchedule": ON_WIRE,
        "duration": 86_400,
        "minChargingRate": 6.0,
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16.0, "numberPhases": 3},
            {"startPeriod": 3_600, "limit": 0.0},
        ],
    },
}

LISTS_AND_RESERVATIONS: list[Case] = [
    ({"type": "get_local_list_version"}, "GetLocalListVersion", {}, {"listVersion": 3}, ("accepted", "version 3")),
    (
        {"type": "get_local_list_version"},
        "GetLocalListVersion",
        {},
        {"listVersion": -1},
        ("not_supported", "the charger has no local authorization list"),
    ),
    (
        {
            "type": "send_local_list",
            "update": "full",
            "version": 5,
            "entries": [
                {"token": "A", "status": "accepted", "group": "G", "expires_at": AT},
                {"token": "B", "status": "blocked"},
            ],
        },
        "SendLocalList",
        {
            "listVersion": 5,
            "updateType": "Full",
            "localAuthorizationList": [
                {"idTag": "A", "idTagInfo": {"status": "Accepted", "expiryDate": ON_WIRE, "parentIdTag": "G"}},
                {"idTag": "B", "idTagInfo": {"status": "Blocked"}},
            ],
        },
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "send_local_list", "update": "differential", "version": 6, "entries": [{"token": "A"}]},
        "SendLocalList",
        {"listVersion": 6, "updateType": "Differential", "localAuthorizationList": [{"idTag": "A"}]},
        {"status": "VersionMismatch"},
        ("rejected", "the version of the list is not newer than the charger's"),
    ),
    (
        {"type": "reserve_now", "token": "A", "expires_at": AT, "evse_id": 2, "group": "G", "reservation_id": 9},
        "ReserveNow",
        {"connectorId": 2, "expiryDate": ON_WIRE, "idTag": "A", "parentIdTag": "G", "reservationId": 9},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "reserve_now", "token": "A", "expires_at": AT, "reservation_id": 10},
        "ReserveNow",
        {"connectorId": 0, "expiryDate": ON_WIRE, "idTag": "A", "reservationId": 10},
        {"status": "Occupied"},
        ("rejected", "the connector is occupied"),
    ),
    (
        {"type": "cancel_reservation", "reservation_id": 9},
        "CancelReservation",
        {"reservationId": 9},
        ACCEPTED,
        ("accepted", None),
    ),
]
SMART_CHARGING: list[Case] = [
    (
        {"type": "set_charging_profile", "evse_id": 0, "profile": PROFILE},
        "SetChargingProfile",
        {"connectorId": 0, "csChargingProfiles": WIRE_PROFILE},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "clear_charging_profile", "profile_id": 7},
        "ClearChargingProfile",
        {"id": 7},
        {"status": "Unknown"},
        ("rejected", "the charger does not know it"),
    ),
    (
        {"type": "clear_charging_profile", "evse_id": 1, "purpose": "charging_station_max_profile", "stack_level": 2},
        "ClearChargingProfile",
        {"connectorId": 1, "chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 2},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "get_composite_schedule", "evse_id": 1, "duration_s": 300, "unit": "W"},
        "GetCompositeSchedule",
        {"connectorId": 1, "duration": 300, "chargingRateUnit": "W"},
        ACCEPTED,
        ("accepted", None),
    ),
    (
        {"type": "start_transaction", "token": "A", "evse_id": 1, "charging_profile": PROFILE},
        "RemoteStartTransaction",
        {"connectorId": 1, "idTag": "A", "chargingProfile": WIRE_PROFILE},
        ACCEPTED,
        ("accepted", None),
    ),
]
FIRMWARE: list[Case] = [
    (
        {
            "type": "update_firmware",
            "location": "https://example.com/f.bin",
            "retrieve_at": AT,
            "retries": 2,
            "retry_interval_s": 60,
        },
        "UpdateFirmware",
        {"location": "https://example.com/f.bin", "retrieveDate": ON_WIRE, "retries": 2, "retryInterval": 60},
        {},
        ("accepted", None),
    ),
    (
        {
            "type": "update_firmware",
            "location": "https://example.com/f.bin",
            "retrieve_at": AT,
            "install_at": AT,
            "signing_certificate": "PEM",
            "signature": "c2ln",
            "request_id": 4,
        },
        "SignedUpdateFirmware",
        {
            "requestId": 4,
            "firmware": {
                "location": "https://example.com/f.bin",
                "retrieveDateTime": ON_WIRE,
                "installDateTime": ON_WIRE,
                "signingCertificate": "PEM",
                "signature": "c2ln",
            },
        },
        {"status": "InvalidCertificate"},
        ("rejected", "the signing certificate is not valid"),
    ),
    (
        {"type": "get_diagnostics", "location": "ftp://example.com/", "since": AT, "until": AT},
        "GetDiagnostics",
        {"location": "ftp://example.com/", "startTime": ON_WIRE, "stopTime": ON_WIRE},
        {"fileName": "d.zip"},
        ("accepted", "file d.zip"),
    ),
    (
        {"type": "get_diagnostics", "location": "ftp://example.com/"},
        "GetDiagnostics",
        {"location": "ftp://example.com/"},
        {},
        ("accepted", "the charger has no diagnostics to upload"),
    ),
    (
        {
            "type": "get_log",
            "log": "security",
            "location": "https://example.com/l",
            "since": AT,
            "until": AT,
            "request_id": 3,
        },
        "GetLog",
        {
            "logType": "SecurityLog",
            "requestId": 3,
            "log": {"remoteLocation": "https://example.com/l", "oldestTimestamp": ON_WIRE, "latestTimestamp": ON_WIRE},
        },
        {"status": "Accepted", "filename": "s.log"},
        ("accepted", "file s.log"),
    ),
    (
        {"type": "trigger_message", "message": "log_status_notification"},
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
        ACCEPTED,
        ("accepted", None),
    ),
]
SECURITY: list[Case] = [
    (
        {"type": "trigger_message", "message": "sign_charging_station_certificate"},
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate"},
        {"status": "NotImplemented"},
        ("not_supported", "the charger cannot be asked for that message"),
    ),
    (
        {"type": "install_certificate", "kind": "csms_root", "certificate": "PEM"},
        "InstallCertificate",
        {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"},
        {"status": "Failed"},
        ("rejected", "it failed"),
    ),
    (
        {"type": "delete_certificate", "certificate": HASH},
        "DeleteCertificate",
        {"certificateHashData": WIRE_HASH},
        {"status": "NotFound"},
        ("rejected", "not found"),
    ),
    (
        {"type": "get_installed_certificates", "kinds": ["manufacturer_root"]},
        "GetInstalledCertificateIds",
        {"certificateType": "ManufacturerRootCertificate"},
        {"status": "Accepted", "certificateHashData": [WIRE_HASH]},
        ("accepted", None),
    ),
    (
        {"type": "send_signed_certificate", "certificate_chain": "PEM"},
        "CertificateSigned",
        {"certificateChain": "PEM"},
        {"status": "Rejected"},
        ("rejected", None),
    ),
]
OBEYED_16: list[Case] = [*LISTS_AND_RESERVATIONS, *SMART_CHARGING, *FIRMWARE, *SECURITY]

_SCHEDULE = PROFILE["schedules"][0]
# What OCPP 1.6 has no words for: refused with the reason, nothing is sent.
NOT_IN_16: list[tuple[dict[str, Any], str]] = [
    ({"type": "reset", "evse_id": 1}, "whole charger"),
    ({"type": "reset", "kind": "hard_and_resume"}, "resume"),
    ({"type": "unlock", "connector_id": 1, "evse_id": 2}, "no EVSE"),
    ({"type": "trigger_message", "message": "transaction_event"}, "cannot ask"),
    ({"type": "reserve_now", "token": "A", "expires_at": AT, "connector_type": "cCCS2"}, "type of a connector"),
    (
        {
            "type": "set_charging_profile",
            "evse_id": 1,
            "profile": PROFILE | {"purpose": "charging_station_external_constraints"},
        },
        "charging_station_external_constraints",
    ),
    ({"type": "set_charging_profile", "evse_id": 1, "profile": PROFILE | {"kind": "dynamic"}}, "dynamic"),
    (
        {"type": "set_charging_profile", "evse_id": 1, "profile": PROFILE | {"max_offline_duration_s": 5}},
        "max_offline_duration_s",
    ),
    (
        {"type": "set_charging_profile", "evse_id": 1, "profile": PROFILE | {"schedules": [_SCHEDULE, _SCHEDULE]}},
        "exactly one schedule",
    ),
    (
        {
            "type": "set_charging_profile",
            "evse_id": 1,
            "profile": PROFILE | {"schedules": [_SCHEDULE | {"randomized_delay_s": 1}]},
        },
        "randomized_delay_s",
    ),
    (
        {
            "type": "set_charging_profile",
            "evse_id": 1,
            "profile": PROFILE | {"schedules": [_SCHEDULE | {"periods": [{"start_s": 0, "setpoint": 5.0}]}]},
        },
        "setpoint",
    ),
    (
        {
            "type": "set_charging_profile",
            "evse_id": 1,
            "profile": PROFILE | {"schedules": [_SCHEDULE | {"periods": [{"start_s": 0}]}]},
        },
        "needs a limit",
    ),
    (
        {"type": "update_firmware", "location": "https://example.com/f", "retrieve_at": AT, "install_at": AT},
        "when to install",
    ),
    (
        {"type": "update_firmware", "location": "https://example.com/f", "retrieve_at": AT, "signature": "c2ln"},
        "needs both",
    ),
    ({"type": "get_log", "log": "data_collector", "location": "https://example.com/"}, "data_collector"),
    ({"type": "install_certificate", "kind": "v2g_root", "certificate": "PEM"}, "v2g_root"),
    ({"type": "get_installed_certificates"}, "exactly one kind"),
    ({"type": "send_signed_certificate", "certificate_chain": "PEM", "kind": "v2g"}, "own certificate"),
    ({"type": "get_variables", "variables": [{"component": {"name": "A"}, "variable": {"name": "B"}}]}, "no message"),
]
