# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Remote control: start, stop, reset, unlock, availability, trigger."""

from typing import Annotated, Literal

from msgspec import Meta

from csms.domain.charging_profiles import ChargingProfile
from csms.domain.commands.base import Command, ConnectorId, EvseId, Number, OnTransaction, Token
from csms.domain.tokens import TokenType


class StartTransaction(Command, frozen=True, tag="start_transaction"):
    """Start charging for a token, on a connector if one is named."""

    token: Token
    connector_id: ConnectorId | None = None
    evse_id: EvseId | None = None
    token_type: TokenType | None = None
    group: Token | None = None
    charging_profile: ChargingProfile | None = None
    request_id: Number | None = None


class StopTransaction(OnTransaction, frozen=True, tag="stop_transaction"):
    """Stop a transaction."""


class GetTransactionStatus(OnTransaction, frozen=True, tag="get_transaction_status"):
    """Ask whether a transaction goes on, and whether messages about it (or any, none named) wait to be sent."""


class Reset(Command, frozen=True, tag="reset"):
    """Restart the charger, or one EVSE: `soft` ends transactions in order (1.6) or waits for them (2.x)."""

    kind: Literal["soft", "hard", "hard_and_resume"] = "soft"
    evse_id: EvseId | None = None


class Unlock(Command, frozen=True, tag="unlock"):
    """Release the cable of a connector."""

    connector_id: ConnectorId
    evse_id: EvseId | None = None


class ChangeAvailability(Command, frozen=True, tag="change_availability"):
    """Take a connector, an EVSE, or (neither named, or 0) the whole charger out of service or back in."""

    operative: bool
    connector_id: Annotated[int, Meta(ge=0, le=32_767)] = 0
    evse_id: Annotated[int, Meta(ge=0, le=32_767)] | None = None


class ClearCache(Command, frozen=True, tag="clear_cache"):
    """Forget the tokens that the charger remembers."""


class TriggerMessage(Command, frozen=True, tag="trigger_message"):
    """Ask the charger to send a message now."""

    message: Literal[
        "boot_notification",
        "custom_trigger",
        "diagnostics_status_notification",
        "firmware_status_notification",
        "heartbeat",
        "log_status_notification",
        "meter_values",
        "publish_firmware_status_notification",
        "sign_charging_station_certificate",
        "sign_combined_certificate",
        "sign_v2g20_certificate",
        "sign_v2g_certificate",
        "status_notification",
        "transaction_event",
    ]
    connector_id: ConnectorId | None = None
    evse_id: EvseId | None = None
    custom_trigger: Annotated[str, Meta(max_length=50)] | None = None
