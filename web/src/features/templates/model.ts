// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Keys and values of templates, as they are edited and told apart. */
import type { KeyDrift, ModelDrift } from "@/api/types.gen";

export interface Entry {
  /** For the list on the screen only. */
  id: string;
  key: string;
  value: string;
}

const GENERATIONS = ["ocpp16", "ocpp2", "mixed"] as const;
export type Generation = (typeof GENERATIONS)[number];

export function templatePath(id: string): string {
  return `/templates/${encodeURIComponent(id)}`;
}

/** OCPP 2.x names a variable by the path Component.Variable; keys of 1.6 have no component. */
function isVariable(key: string): boolean {
  return /^[^.]+\..+$/.test(key);
}

export function generationOf(keys: readonly string[]): Generation {
  const variables = keys.filter(isVariable).length;
  if (variables === 0) return "ocpp16";
  return variables === keys.length ? "ocpp2" : "mixed";
}

let count = 0;

export function newEntry(key = "", value = ""): Entry {
  count += 1;
  return { id: String(count), key, value };
}

export function entriesOf(values: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(values)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([key, value]) => newEntry(key, value));
}

export type Fault = "missing" | "twice" | "secret" | "whole" | "negative" | "truth";

const SECRETS = /authorizationkey|password|passphrase|passwd|secret|privatekey|apikey|credential/;
/** Of keys whose type OCPP lays down, by the end of their names. */
const WHOLE = /(?:Interval|Timeout|TimeOut|MaxLength|MaxEnergyOnInvalidId|RetryTimes|Attempts|ResetRetries)$/;
const TRUTH =
  /(?:Enabled|StopTransactionOnInvalidId|StopTransactionOnEVSideDisconnect|StopTxOnInvalidId|StopTxOnEVSideDisconnect|UnlockConnectorOnEVSideDisconnect|AuthorizeRemoteTxRequests|LocalPreAuthorize|LocalAuthorizeOffline|AllowOfflineTxForUnknownId|OfflineTxForUnknownIdEnabled)$/;

function valueFault(key: string, value: string): Fault | null {
  if (TRUTH.test(key)) return /^(?:true|false)$/i.test(value) ? null : "truth";
  if (!WHOLE.test(key)) return null;
  if (!/^-?\d+$/.test(value)) return "whole";
  return value.startsWith("-") ? "negative" : null;
}

/** What is wrong with entries, by their ids; an empty pair is no entry. */
export function faultsOf(entries: readonly Entry[]): Map<string, Fault> {
  const faults = new Map<string, Fault>();
  const seen = new Set<string>();
  for (const { id, key: typed, value } of entries) {
    const key = typed.trim();
    if (!key) {
      if (value.trim()) faults.set(id, "missing");
      continue;
    }
    const folded = key.toLowerCase();
    if (seen.has(folded)) faults.set(id, "twice");
    else if (SECRETS.test(folded.replaceAll(/[^a-z0-9]/g, ""))) faults.set(id, "secret");
    else {
      const fault = valueFault(key, value.trim());
      if (fault) faults.set(id, fault);
    }
    seen.add(folded);
  }
  return faults;
}

export function valuesOf(entries: readonly Entry[]): Record<string, string> {
  return Object.fromEntries(
    entries.filter(({ key }) => key.trim() !== "").map(({ key, value }) => [key.trim(), value.trim()]),
  );
}

/** Lines "key = value"; what has no sign between is a key without a value. */
export function readLines(text: string): Entry[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"))
    .map((line) => {
      const at = /[=\t;]/.exec(line)?.index ?? -1;
      return at < 0 ? newEntry(line) : newEntry(line.slice(0, at).trim(), line.slice(at + 1).trim());
    });
}

/** At how many chargers a key is not as it should be. */
export function awayOf({ different, readonly, unknown }: KeyDrift): number {
  return different + readonly + unknown;
}

/** Vendor, model and version, as far as they are known. */
export function modelName({ vendor, model, protocol }: Pick<ModelDrift, "vendor" | "model" | "protocol">): string {
  const name = [vendor, model].filter(Boolean).join(" ");
  const version = protocol?.replace(/^ocpp/, "OCPP ") ?? "";
  return [name, version].filter(Boolean).join(", ");
}

export type Progress = { total: number; pending: number; queued: number; accepted: number; failed: number };

interface Told {
  status: string;
  queued?: boolean;
}

/** Commands by what became of them. */
export function progressOf(commands: readonly Told[]): Progress {
  const pending = commands.filter(({ status }) => status === "pending");
  const accepted = commands.filter(({ status }) => status === "accepted").length;
  return {
    total: commands.length,
    pending: pending.length,
    queued: pending.filter(({ queued }) => queued).length,
    accepted,
    failed: commands.length - pending.length - accepted,
  };
}
