// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import {
  bodyOf,
  commandsIn,
  JsonError,
  readBody,
  valuesFor,
  type ApiDocument,
} from "@/features/chargers/commands/schema";

const DOCUMENT: ApiDocument = {
  components: {
    schemas: {
      Component: {
        type: "object",
        properties: {
          name: { type: "string", maxLength: 50 },
          evse_id: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] },
        },
        required: ["name"],
      },
      SetBody: {
        type: "object",
        description: "Set it.",
        properties: {
          type: { const: "set" },
          kind: { type: "string", enum: ["soft", "hard"], default: "soft" },
          components: { type: "array", minItems: 1, items: { $ref: "#/components/schemas/Component" } },
          transaction_id: { anyOf: [{ type: "integer" }, { type: "string", format: "uuid" }, { type: "null" }] },
          at: { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] },
          data: { type: "object", additionalProperties: true },
        },
        required: ["type", "components"],
      },
      Other: { type: "object", properties: { type: { const: "not a body" } } },
    },
  },
};

const set = commandsIn(DOCUMENT).get("set");
const fields = set?.fields ?? [];

describe("the fields of a command", () => {
  it("are those of its body, without the type, what is required first", () => {
    expect(commandsIn(DOCUMENT).size).toBe(1);
    expect(set?.description).toBe("Set it.");
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ["components", "list"],
      ["kind", "choice"],
      ["transaction_id", "text"],
      ["at", "instant"],
      ["data", "json"],
    ]);
  });

  it("say what is a number, and of which size", () => {
    const [components] = fields;
    if (components?.kind !== "list" || components.item.kind !== "object") throw new Error("a list of objects");
    expect(components.item.fields[1]).toMatchObject({
      name: "evse_id",
      label: "EVSE ID",
      kind: "number",
      isWhole: true,
      min: 1,
    });
  });

  it("begin with what has to be there", () => {
    expect(valuesFor(fields).components).toEqual([{ name: undefined, evse_id: undefined }]);
  });
});

describe("the body", () => {
  it("leaves out what was not filled in", () => {
    expect(bodyOf(fields, { components: [{ name: "A", evse_id: undefined }], kind: undefined })).toEqual({
      components: [{ name: "A" }],
    });
  });

  it("has numbers where a text is one, and texts where it is not", () => {
    expect(bodyOf(fields, { components: [], transaction_id: "17" })).toMatchObject({ transaction_id: 17 });
    expect(bodyOf(fields, { components: [], transaction_id: "a-17" })).toMatchObject({ transaction_id: "a-17" });
  });

  it("refuses what is no JSON, and says where", () => {
    expect(bodyOf(fields, { components: [], data: '{"a": [1]}' })).toMatchObject({ data: { a: [1] } });
    expect(() => bodyOf(fields, { components: [], data: "{" })).toThrow(JsonError);
  });

  it("that was sent before comes back as it was", () => {
    const body = { components: [{ name: "A", evse_id: 2 }], kind: "hard", transaction_id: 17, data: { a: 1 } };
    expect(bodyOf(fields, readBody(fields, body))).toEqual(body);
  });
});
