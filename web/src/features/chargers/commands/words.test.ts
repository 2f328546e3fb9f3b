// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

import { describe, expect, it, vi } from "vitest";

import { humanized, maySend } from "@/features/chargers/commands/words";

const RULES = new URL("../../../../../src/csms/features/commands/rules.py", import.meta.url);
const PERMISSIONS = new URL("../../../../../src/csms/features/accounts/permissions.py", import.meta.url);

/** What the server asks for, by the type of the command. */
function asked(): Map<string, string> {
  const names = new Map(
    Array.from(readFileSync(PERMISSIONS, "utf8").matchAll(/^ {4}([A-Z_]+) = "([a-z:_]+)"/gm), ([, name, value]) => [
      name,
      value,
    ]),
  );
  const table = readFileSync(RULES, "utf8").split("_BY_PERMISSION")[1]?.split("\n}\n")[0] ?? "";
  const found = new Map<string, string>();
  for (const [, name, types] of table.matchAll(/Permission\.([A-Z_]+): \(([^)]*)\)/g)) {
    for (const [, type] of types?.matchAll(/"([a-z_]+)"/g) ?? []) found.set(type ?? "", names.get(name) ?? "");
  }
  return found;
}

describe("who may send a command", () => {
  it("is whoever the server lets", () => {
    const rules = asked();
    expect(rules.size).toBeGreaterThan(30);
    for (const [type, permission] of rules) {
      const may = vi.fn((each: string) => each === "charger:command:send");
      expect(maySend(type, may), type).toBe(false);
      expect(may, type).toHaveBeenCalledWith(permission);
    }
  });

  it("needs no more for what only asks", () => {
    expect(maySend("get_variables", (each) => each === "charger:command:send")).toBe(true);
    expect(maySend("get_variables", () => false)).toBe(false);
  });
});

describe("names", () => {
  it("are readable where there is no text for them", () => {
    expect(humanized("set_der_control")).toBe("Set der control");
  });
});
