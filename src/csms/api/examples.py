# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Bodies that work, shown in the API document by operation; a test holds each to the schema of its operation."""

from typing import Any, Final

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "login": {"for a program": {"username": "admin", "password": "correct horse battery"}},
    "create_charger": {
        "a password is generated": {"id": "CP001", "name": "Car park, left"},
        "at a site, by certificate": {
            "id": "CP002",
            "security_profile": 3,
            "site_id": "0192f000-0000-7000-8000-0000000000c2",
            "validation": "strict",
        },
    },
    "update_charger": {"move it": {"site_id": "0192f000-0000-7000-8000-0000000000c2"}},
    "send_command": {
        "start a transaction": {"type": "start_transaction", "token": "04E91C5A", "connector_id": 1},
        "restart": {"type": "reset"},
        "any action of its OCPP version": {
            "type": "call",
            "action": "GetConfiguration",
            "payload": {"key": ["HeartbeatInterval"]},
        },
    },
    "create_bulk_command": {
        "restart all of a vendor, ten at a time": {
            "filter": {"vendor": "ACME", "online": "true"},
            "command": {"type": "reset"},
            "at_once": 10,
        }
    },
    "create_firmware_campaign": {
        "a few first, the rest at night, and not if many fail": {
            "name": "ACME 2.4.1",
            "firmware": "0192f000-0000-7000-8000-000000000001",
            "filter": {"vendor": "ACME", "firmware_version[prefix]": "2.3."},
            "waves": [{"chargers": 5, "then": "manual"}, {"percent": 20, "pause_s": 86400}],
            "maintenance_window": [{"weekday": 2, "begin": "01:00", "end": "05:00"}],
            "stop_on_failure_percent": 10,
        }
    },
    "create_charger_change": {
        "move all of a vendor": {
            "filter": {"vendor": "ACME", "name[prefix]": "Yard"},
            "change": {"site_id": "0192f000-0000-7000-8000-0000000000c2"},
            "dry_run": True,
        }
    },
    "create_token_change": {
        "block those that nobody renewed": {
            "filter": {"group": "staff", "expires_at[lt]": "2027-01-01T00:00:00Z"},
            "change": {"status": "blocked"},
        }
    },
    "create_token": {"a card": {"value": "04E91C5A", "type": "rfid", "group": "staff"}},
    "create_site": {
        "with hours": {
            "name": "Cologne",
            "country": "DE",
            "time_zone": "Europe/Berlin",
            "opening_hours": [{"weekday": 1, "begin": "08:00", "end": "24:00"}],
        }
    },
    "create_charger_group": {"fast ones": {"name": "150 kW and more"}},
    "change_charger_group_members": {"one in, one out": {"add": ["CP001"], "remove": ["CP002"]}},
    "create_user": {
        "invited": {"username": "ann", "email": "ann@example.com", "role": "support"},
        "at one site only": {
            "username": "tom",
            "assignments": [{"role": "technician", "site_id": "0192f000-0000-7000-8000-0000000000c2"}],
        },
    },
    "create_role": {"like another": {"key": "night-shift", "name": "Night shift", "like": "viewer"}},
    "create_api_key": {
        "for reports": {
            "name": "Reports",
            "permissions": ["transaction:transaction:read"],
            "expires_at": "2030-01-01T00:00:00Z",
        }
    },
    "create_driver": {"with an address": {"name": "Ann Example", "email": "ann@example.com", "external_id": "4711"}},
    "create_webhook": {
        "ended transactions": {"url": "https://example.com/hook", "event_types": ["transaction.ended"]},
    },
    "create_organization": {"a second one": {"name": "Second Ltd", "time_zone": "Europe/Berlin", "admin": "zora"}},
}


def show(document: dict[str, Any]) -> None:
    """Put them into the document."""
    for path in document["paths"].values():
        for operation in path.values():
            examples = EXAMPLES.get(operation.get("operationId", ""))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if examples and body is not None:
                body["examples"] = {name: {"value": value} for name, value in examples.items()}
