// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Permissions as a table: what they are about, and of which kind they are. */

export const KINDS = ["read", "write", "command", "approve"] as const;
export type Kind = (typeof KINDS)[number];

export interface Subject {
  /** Such as charger:command. */
  name: string;
  /** All permissions about it, by their kind. */
  permissions: Record<Kind, string[]>;
}

export interface Section {
  id: "operate" | "energy" | "people" | "care" | "admin";
  subjects: Subject[];
}

const KIND_OF: Record<string, Kind> = {
  read: "read",
  reset: "command",
  send: "command",
  raw: "command",
  install: "command",
  request: "command",
  forward: "command",
  control: "command",
  run: "command",
  approve: "approve",
  handle: "approve",
  close: "approve",
  revoke: "approve",
  cancel: "approve",
  manage: "approve",
  rotate: "approve",
  export: "approve",
  erase: "approve",
};

const SECTIONS: Record<Exclude<Section["id"], "admin">, string[]> = {
  operate: [
    "charger:charger",
    "onboarding:charger",
    "charger:group",
    "charger:command",
    "charger:configuration",
    "charger:local_list",
    "charger:tariff",
    "charger:message",
    "charger:log",
    "charger:secret",
    "transaction:transaction",
    "alert:alert",
    "alert:rule",
  ],
  energy: ["site:site", "charging:profile", "report:report"],
  people: ["driver:driver", "token:token", "privacy:person"],
  care: [
    "charger:firmware",
    "firmware:image",
    "charger:template",
    "certificate:certificate",
    "charger:file",
    "system:job",
    "data:list",
    "data:import",
  ],
};

function subjectOf(permission: string): string {
  return permission.slice(0, permission.lastIndexOf(":"));
}

export function actionOf(permission: string): string {
  return permission.slice(permission.lastIndexOf(":") + 1);
}

/** What is not known here is written, and concerns the organization. */
export function kindOf(permission: string): Kind {
  return KIND_OF[actionOf(permission)] ?? "write";
}

export function sectionsOf(permissions: readonly string[]): Section[] {
  const found = new Map<string, Subject>();
  for (const permission of permissions) {
    const name = subjectOf(permission);
    const subject = found.get(name) ?? { name, permissions: { read: [], write: [], command: [], approve: [] } };
    subject.permissions[kindOf(permission)].push(permission);
    found.set(name, subject);
  }
  const take = (names: readonly string[]) =>
    names.flatMap((name) => {
      const subject = found.get(name);
      found.delete(name);
      return subject ?? [];
    });
  const known = (["operate", "energy", "people", "care"] as const).map((id) => ({ id, subjects: take(SECTIONS[id]) }));
  return [...known, { id: "admin" as const, subjects: [...found.values()] }].filter(
    ({ subjects }) => subjects.length > 0,
  );
}

/** What somebody may do everywhere, and so can give. */
export function givable(grants: readonly { permission: string; places: unknown }[]): Set<string> {
  return new Set(grants.filter(({ places }) => places === null).map(({ permission }) => permission));
}

/** A key for a name, as the API wants it. */
export function keyOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
}
