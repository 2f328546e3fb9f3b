// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What commands are called: in the reader's language where they are common, otherwise as OCPP names them. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

/** set_variables is "Set variables". */
export function humanized(type: string): string {
  const words = type.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function useCommandText(): (type: string) => string {
  const { t } = useTranslation("chargers");
  return useCallback((type) => t(`commands.names.${type}`, { defaultValue: humanized(type) }), [t]);
}

/** What a type of command needs beside `charger:command:send`; the rest only asks. */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  "transaction:transaction:control": [
    "start_transaction",
    "stop_transaction",
    "unlock",
    "reserve_now",
    "cancel_reservation",
    "use_priority_charging",
    "update_cost",
    "notify_web_payment_started",
    "request_battery_swap",
  ],
  "charger:charger:reset": ["reset", "change_availability"],
  "charger:configuration:change": [
    "change_configuration",
    "set_variables",
    "set_network_profile",
    "set_monitors",
    "clear_monitors",
    "set_monitoring_base",
    "set_monitoring_level",
    "set_display_message",
    "clear_display_message",
    "adjust_event_stream",
  ],
  "charger:firmware:install": ["update_firmware", "publish_firmware", "unpublish_firmware"],
  "charging:profile:send": [
    "set_charging_profile",
    "clear_charging_profile",
    "update_dynamic_schedule",
    "set_der_control",
    "clear_der_controls",
    "afrr_signal",
    "notify_allowed_energy_transfer",
  ],
  "certificate:certificate:install": ["install_certificate", "delete_certificate", "send_signed_certificate"],
  "charger:local_list:write": ["send_local_list"],
  "charger:tariff:send": ["set_default_tariff", "clear_tariffs", "change_transaction_tariff"],
  "charger:log:request": ["get_log", "get_diagnostics"],
  "privacy:person:export": ["get_customer_information"],
  "charger:command:raw": ["call", "custom", "data_transfer"],
};

const PERMISSION_OF = new Map(
  Object.entries(PERMISSIONS).flatMap(([permission, types]) => types.map((type) => [type, permission] as const)),
);

export function maySend(type: string, may: (permission: string) => boolean): boolean {
  const more = PERMISSION_OF.get(type);
  return may("charger:command:send") && (more === undefined || may(more));
}
