# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands to chargers and what becomes of them. The same for every OCPP version; a dialect writes the wire message.

One module per block of the specification; this page puts them together.
"""

from datetime import datetime

import msgspec

from csms.domain.commands.base import (
    Call as Call,
)
from csms.domain.commands.base import (
    Command as Command,
)
from csms.domain.commands.base import (
    Custom as Custom,
)
from csms.domain.commands.base import (
    OnTransaction as OnTransaction,
)
from csms.domain.commands.base import (
    Outcome as Outcome,
)
from csms.domain.commands.base import (
    OutcomeStatus as OutcomeStatus,
)
from csms.domain.commands.base import (
    Variable as Variable,
)
from csms.domain.commands.base import (
    tag_of as tag_of,
)
from csms.domain.commands.configuration import (
    ChangeConfiguration as ChangeConfiguration,
)
from csms.domain.commands.configuration import (
    DataTransfer as DataTransfer,
)
from csms.domain.commands.configuration import (
    GetBaseReport as GetBaseReport,
)
from csms.domain.commands.configuration import (
    GetConfiguration as GetConfiguration,
)
from csms.domain.commands.configuration import (
    GetReport as GetReport,
)
from csms.domain.commands.configuration import (
    GetVariables as GetVariables,
)
from csms.domain.commands.configuration import (
    SetNetworkProfile as SetNetworkProfile,
)
from csms.domain.commands.configuration import (
    SetVariables as SetVariables,
)
from csms.domain.commands.configuration import (
    VariableQuery as VariableQuery,
)
from csms.domain.commands.configuration import (
    VariableSetting as VariableSetting,
)
from csms.domain.commands.control import (
    ChangeAvailability as ChangeAvailability,
)
from csms.domain.commands.control import (
    ClearCache as ClearCache,
)
from csms.domain.commands.control import (
    GetTransactionStatus as GetTransactionStatus,
)
from csms.domain.commands.control import (
    Reset as Reset,
)
from csms.domain.commands.control import (
    StartTransaction as StartTransaction,
)
from csms.domain.commands.control import (
    StopTransaction as StopTransaction,
)
from csms.domain.commands.control import (
    TriggerMessage as TriggerMessage,
)
from csms.domain.commands.control import (
    Unlock as Unlock,
)
from csms.domain.commands.maintenance import (
    DeleteCertificate as DeleteCertificate,
)
from csms.domain.commands.maintenance import (
    GetDiagnostics as GetDiagnostics,
)
from csms.domain.commands.maintenance import (
    GetInstalledCertificates as GetInstalledCertificates,
)
from csms.domain.commands.maintenance import (
    GetLog as GetLog,
)
from csms.domain.commands.maintenance import (
    InstallCertificate as InstallCertificate,
)
from csms.domain.commands.maintenance import (
    PublishFirmware as PublishFirmware,
)
from csms.domain.commands.maintenance import (
    SendSignedCertificate as SendSignedCertificate,
)
from csms.domain.commands.maintenance import (
    UnpublishFirmware as UnpublishFirmware,
)
from csms.domain.commands.maintenance import (
    UpdateFirmware as UpdateFirmware,
)
from csms.domain.commands.monitoring import (
    AdjustEventStream as AdjustEventStream,
)
from csms.domain.commands.monitoring import (
    ClearDerControls as ClearDerControls,
)
from csms.domain.commands.monitoring import (
    ClearDisplayMessage as ClearDisplayMessage,
)
from csms.domain.commands.monitoring import (
    ClearMonitors as ClearMonitors,
)
from csms.domain.commands.monitoring import (
    GetCustomerInformation as GetCustomerInformation,
)
from csms.domain.commands.monitoring import (
    GetDerControls as GetDerControls,
)
from csms.domain.commands.monitoring import (
    GetDisplayMessages as GetDisplayMessages,
)
from csms.domain.commands.monitoring import (
    GetEventStreams as GetEventStreams,
)
from csms.domain.commands.monitoring import (
    GetMonitoringReport as GetMonitoringReport,
)
from csms.domain.commands.monitoring import (
    SetDerControl as SetDerControl,
)
from csms.domain.commands.monitoring import (
    SetDisplayMessage as SetDisplayMessage,
)
from csms.domain.commands.monitoring import (
    SetMonitoringBase as SetMonitoringBase,
)
from csms.domain.commands.monitoring import (
    SetMonitoringLevel as SetMonitoringLevel,
)
from csms.domain.commands.monitoring import (
    SetMonitors as SetMonitors,
)
from csms.domain.commands.smart_charging import (
    ChangeTransactionTariff as ChangeTransactionTariff,
)
from csms.domain.commands.smart_charging import (
    ClearChargingProfile as ClearChargingProfile,
)
from csms.domain.commands.smart_charging import (
    ClearTariffs as ClearTariffs,
)
from csms.domain.commands.smart_charging import (
    GetChargingProfiles as GetChargingProfiles,
)
from csms.domain.commands.smart_charging import (
    GetCompositeSchedule as GetCompositeSchedule,
)
from csms.domain.commands.smart_charging import (
    GetTariffs as GetTariffs,
)
from csms.domain.commands.smart_charging import (
    NotifyAllowedEnergyTransfer as NotifyAllowedEnergyTransfer,
)
from csms.domain.commands.smart_charging import (
    NotifyWebPaymentStarted as NotifyWebPaymentStarted,
)
from csms.domain.commands.smart_charging import (
    RequestBatterySwap as RequestBatterySwap,
)
from csms.domain.commands.smart_charging import (
    SendAfrrSignal as SendAfrrSignal,
)
from csms.domain.commands.smart_charging import (
    SetChargingProfile as SetChargingProfile,
)
from csms.domain.commands.smart_charging import (
    SetDefaultTariff as SetDefaultTariff,
)
from csms.domain.commands.smart_charging import (
    UpdateCost as UpdateCost,
)
from csms.domain.commands.smart_charging import (
    UpdateDynamicSchedule as UpdateDynamicSchedule,
)
from csms.domain.commands.smart_charging import (
    UsePriorityCharging as UsePriorityCharging,
)
from csms.domain.commands.tokens import (
    CancelReservation as CancelReservation,
)
from csms.domain.commands.tokens import (
    GetLocalListVersion as GetLocalListVersion,
)
from csms.domain.commands.tokens import (
    LocalListEntry as LocalListEntry,
)
from csms.domain.commands.tokens import (
    ReserveNow as ReserveNow,
)
from csms.domain.commands.tokens import (
    SendLocalList as SendLocalList,
)
from csms.domain.ids import ChargerId, CommandId, OrganizationId

AnyCommand = (
    Call
    | Custom
    | StartTransaction
    | StopTransaction
    | GetTransactionStatus
    | Reset
    | Unlock
    | ChangeAvailability
    | ClearCache
    | TriggerMessage
    | GetConfiguration
    | ChangeConfiguration
    | GetVariables
    | SetVariables
    | GetBaseReport
    | GetReport
    | SetNetworkProfile
    | DataTransfer
    | SendLocalList
    | GetLocalListVersion
    | ReserveNow
    | CancelReservation
    | SetChargingProfile
    | ClearChargingProfile
    | GetChargingProfiles
    | GetCompositeSchedule
    | UpdateDynamicSchedule
    | UsePriorityCharging
    | SendAfrrSignal
    | NotifyAllowedEnergyTransfer
    | UpdateCost
    | SetDefaultTariff
    | GetTariffs
    | ClearTariffs
    | ChangeTransactionTariff
    | NotifyWebPaymentStarted
    | RequestBatterySwap
    | UpdateFirmware
    | PublishFirmware
    | UnpublishFirmware
    | GetDiagnostics
    | GetLog
    | InstallCertificate
    | DeleteCertificate
    | GetInstalledCertificates
    | SendSignedCertificate
    | SetMonitors
    | ClearMonitors
    | GetMonitoringReport
    | SetMonitoringBase
    | SetMonitoringLevel
    | GetCustomerInformation
    | SetDisplayMessage
    | GetDisplayMessages
    | ClearDisplayMessage
    | GetEventStreams
    | AdjustEventStream
    | SetDerControl
    | GetDerControls
    | ClearDerControls
)


class CommandRequest(msgspec.Struct, frozen=True):
    """A command on its way to the gateway that holds the charger."""

    id: CommandId
    organization_id: OrganizationId
    charger_id: ChargerId
    command: AnyCommand
    expires_at: datetime
