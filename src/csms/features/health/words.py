# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Causes, steps and evidence in words: a stable code with parameters, and what it says in English."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec


class Cause(msgspec.Struct, frozen=True):
    """Why, as a code with parameters."""

    code: str
    parameters: Mapping[str, Any]


class Evidence(msgspec.Struct, frozen=True):
    """A fact with its time."""

    kind: str
    at: datetime | None
    parameters: Mapping[str, Any]


# What a cause says, and the step that it suggests.
CAUSES: Final[Mapping[str, tuple[str, str | None]]] = {
    "retired": ("It was retired; its identity is refused.", None),
    "registration_rejected": ("It is connected; its registration says that it may not work.", "accept_registration"),
    "registration_pending": ("It is connected and waits for its registration.", "accept_registration"),
    "not_booted": ("It is connected and has not said what it is (BootNotification).", "trigger_boot"),
    "connector_faulted": ("{count} of its connectors reports a fault: {error_code}.", "inspect_fault"),
    "wrong_secret": ("It knocks with a wrong password: {count} times, last {at}.", "correct_credentials"),
    "no_credentials": ("It knocks without a password: {count} times, last {at}.", "correct_credentials"),
    "wrong_certificate": ("It knocks without a valid certificate of its own: {count} times, last {at}.",
        "renew_certificate"),
    "certificate_expired": ("Its certificate ended {not_after}.", "renew_certificate"),
    "insecure_connection": (
        "It knocks without TLS, which its security profile {security_profile} asks for: {count} times, last {at}.",
        "correct_url",
    ),
    "no_common_version": ("It offers no OCPP version that it may speak here: {count} times, last {at}.",
        "correct_version"),
    "second_connection": ("It knocks while an older connection of it is still held: {count} times, last {at}.", "wait"),
    "waits_under_another_identity": ("A charger with its serial number waits for approval as {identity}.",
        "compare_identity"),
    "never_seen": ("It never connected.", "check_first_connection"),
    "node_ended": ("The gateway that held its connection ended, and it did not come back.", "check_gateway"),
    "csms_restarted": ("The CSMS was restarted, and it did not come back yet.", "wait"),
    "settings_changed": ("Its settings were changed, and it did not come back by the new ones.", "check_settings"),
    "reset": ("It was reset at {at} and did not come back yet.", "wait_or_power_cycle"),
    "firmware_update": ("A firmware update was under way ({status}, {at}).", "wait_for_firmware"),
    "configuration_changed": ("{key} was changed at {at}, shortly before it went.", "check_configuration"),
    "site_offline": ("{offline} of {total} chargers at {site} went at the same time: its network, or its power.",
        "check_site"),
    "unsteady_connection": ("It connected {count} times within 24 hours.", "check_signal"),
    "connection_lost": ("The connection broke without a word: power or network.", "check_power"),
    "closed_by_charger": ("The charger closed the connection (code {close_code}) and did not come back.",
        "check_charger"),
    "closed_by_csms": ("The CSMS closed the connection: {close_reason}.", "read_messages"),
    "unknown": ("Nothing that is kept explains it.", "check_power"),
    "silent": ("It is connected, and {missed} heartbeats in a row did not come.", "trigger_heartbeat"),
    "certificate_expires": ("Its certificate ends {not_after}.", "renew_certificate"),
    "version_downgraded": ("It speaks an older OCPP version than before: {detail}.", "check_charger"),
    "profile_not_taken": ("It was told security profile {security_profile} and has not come by it yet.",
        "check_settings"),
    "refused_beside": ("While it is connected, somebody knocks as it and is refused: {count} times, from {address}.",
        "check_security"),
    "open_alerts": ("{count} alerts are open: {title}.", "handle_alerts"),
}  # fmt: skip
STEPS: Final[Mapping[str, str]] = {
    "accept_registration": "Set its registration to accepted, if it may work.",
    "trigger_boot": "Send trigger_message boot_notification, or restart it.",
    "inspect_fault": "Look at the connector; reset the charger, and send somebody if the fault stays.",
    "correct_credentials": "Give it a new password here and set the same in the charger.",
    "renew_certificate": "Install a new certificate in the charger.",
    "correct_url": "Have the charger connect by wss://, or lower its security profile.",
    "correct_version": "Allow the OCPP version that it offers, or set the version in the charger.",
    "wait": "Wait some minutes: it should come back by itself.",
    "compare_identity": "Compare both identities; correct the one in the charger, or approve the one that waits.",
    "check_first_connection": "Check the address, identity and password that are set in the charger.",
    "check_gateway": "Check that a gateway runs and can be reached; chargers come back by themselves.",
    "check_settings": "Compare the settings here with those of the charger.",
    "wait_or_power_cycle": "Wait some minutes; then switch its power off and on.",
    "wait_for_firmware": "Wait until the update can have ended; then look at it on site.",
    "check_configuration": "Undo the change, on site if it has to be.",
    "check_site": "Ask at the site whether network and power are there.",
    "check_signal": "Look at the charger's network: signal, SIM card, router.",
    "check_power": "Ask at the site whether the charger has power and network.",
    "check_charger": "Look into the charger's own log, and restart it.",
    "read_messages": "Read its last messages in the OCPP log.",
    "trigger_heartbeat": "Send trigger_message heartbeat; without an answer, reset it.",
    "check_security": "Look at the security events; give it a new password if a stranger has its identity.",
    "handle_alerts": "Look at its open alerts.",
}
EVIDENCE: Final[Mapping[str, str]] = {
    "connected": "Connected since {at}, by {protocol}, from {address}.",
    "disconnected": "Gone since {at}: ended by {closed_by}, code {close_code}, {close_reason}.",
    "node_ended": "Gone since {at}, when the gateway that held it ended.",
    "last_message": "Last message: {action}, {age_s} s ago.",
    "missed_heartbeats": "{missed} heartbeats missed; one is expected every {interval_s} s.",
    "refused": "Refused {count} times since {first_at}: {detail}, from {address}.",
    "last_boot": "Last boot {at}: {reason}, {status}.",
    "boots": "{count} boots within 24 hours.",
    "connections": "{count} connections within 24 hours.",
    "neighbours": "{offline} of {total} other chargers at {site} are offline; {together} went at the same time.",
    "certificate": "Its certificate ({certificate}) ends {at}.",
    "firmware": "Firmware update: {status}.",
    "configuration_change": "{key} was changed by {actor}.",
    "command": "{type} was sent by {actor}: {status}.",
    "fault": "Connector {connector_id} is faulted: {error_code}.",
    "version_downgraded": "Older OCPP version than before: {detail}.",
    "profile_not_taken": "Security profile {security_profile}; told to go up to {next_security_profile}.",
    "findings": "{count} findings within 7 days, last in {action}: {code}.",
    "alert": "Open alert ({severity}): {title}.",
    "waits_as": "{identity} waits for approval with the same serial number.",
}
