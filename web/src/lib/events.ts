// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What comes over the live stream; docs/reference/events.md has the words, a test compares the names. */

interface OfCharger {
  charger_id: string;
}

export type LiveEvent =
  | ({
      type: "alert_changed";
      id: string;
      of: string;
      severity: string;
      status: string;
      title: string;
      count: number;
      members: number | null;
      at: string;
    } & OfCharger)
  /** Of the campaign, or with a charger of what became of it there. */
  | ({ type: "campaign_changed"; id: string; status: string } & OfCharger)
  | ({
      type: "charger_booted";
      status: string;
      vendor: string;
      model: string;
      firmware_version: string | null;
    } & OfCharger)
  | ({ type: "charger_changed" } & OfCharger)
  | ({ type: "charger_connected"; protocol: string; at: string } & OfCharger)
  | ({ type: "charger_disconnected"; code: number | null; reason: string; at: string } & OfCharger)
  | ({ type: "charger_retired" } & OfCharger)
  | ({ type: "command_closed"; id: string; command: string; status: string; at: string } & OfCharger)
  | ({ type: "file_received"; id: string; of: string; command: string; size_bytes: number; at: string } & OfCharger)
  | ({ type: "job_progressed"; id: string; of: string; status: string; done: number; total: number | null } & OfCharger)
  | ({
      type: "meter_recorded";
      connector_id: number;
      transaction_id: string | null;
      at: string;
      values: Record<string, number>;
    } & OfCharger)
  | ({ type: "progress_made"; of: string; status: string; request_id: number | null; at: string } & OfCharger)
  | ({
      type: "status_changed";
      evse_id: number;
      connector_id: number;
      status: string;
      error_code: string | null;
      at: string;
    } & OfCharger)
  | ({
      type: "transaction_changed";
      id: string;
      transaction_id: number | null;
      connector_id: number;
      status: string;
      energy_wh: number | null;
      at: string;
    } & OfCharger);

export type LiveEventType = LiveEvent["type"];
