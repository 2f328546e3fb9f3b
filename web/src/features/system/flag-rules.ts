// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Feature flags as a form has them: values are texts until they are sent. */
import type { FlagCreate, FlagItem, FlagRule } from "@/api/types.gen";

export const TYPES = ["boolean", "string", "number", "object"] as const;
export type FlagType = (typeof TYPES)[number];

export interface VariantDraft {
  id: number;
  name: string;
  value: string;
}

export interface RuleDraft {
  id: number;
  variant: string;
  percentage: number | null;
  roles: string;
  users: string;
  organizations: string;
}

export interface FlagDraft {
  key: string;
  description: string;
  type: FlagType;
  enabled: boolean;
  variants: VariantDraft[];
  defaultVariant: string;
  rules: RuleDraft[];
}

let last = 0;
export function nextId(): number {
  last += 1;
  return last;
}

function valueText(value: unknown, type: FlagType): string {
  return type === "string" && typeof value === "string" ? value : JSON.stringify(value);
}

export function draftOf(flag: FlagItem | null): FlagDraft {
  if (!flag) {
    return {
      key: "",
      description: "",
      type: "boolean",
      enabled: true,
      variants: variantsFor("boolean"),
      defaultVariant: "off",
      rules: [],
    };
  }
  const type = TYPES.find((each) => each === flag.type) ?? "string";
  return {
    key: flag.key,
    description: flag.description ?? "",
    type,
    enabled: flag.enabled,
    variants: Object.entries(flag.variants).map(([name, value]) => ({
      id: nextId(),
      name,
      value: valueText(value, type),
    })),
    defaultVariant: flag.default_variant,
    rules: (flag.rules as Partial<FlagRule>[]).map((rule) => ({
      id: nextId(),
      variant: rule.variant ?? "",
      percentage: rule.percentage ?? 100,
      roles: (rule.roles ?? []).join(", "),
      users: (rule.users ?? []).join(", "),
      organizations: (rule.organizations ?? []).join(", "),
    })),
  };
}

/** What a new flag of a type begins with. */
export function variantsFor(type: FlagType): VariantDraft[] {
  const [on, off] = { boolean: ["true", "false"], string: ["new", "old"], number: ["1", "0"], object: ["{}", "{}"] }[
    type
  ] as [string, string];
  return [
    { id: nextId(), name: "on", value: on },
    { id: nextId(), name: "off", value: off },
  ];
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** What is no value of the type is sent as the text that it is: the server says what is wrong with it. */
function parsed(text: string, type: FlagType): unknown {
  if (type === "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export function bodyOf(draft: FlagDraft): FlagCreate {
  return {
    key: draft.key.trim(),
    description: draft.description.trim() || null,
    type: draft.type,
    enabled: draft.enabled,
    variants: Object.fromEntries(draft.variants.map(({ name, value }) => [name.trim(), parsed(value, draft.type)])),
    default_variant: draft.defaultVariant,
    rules: draft.rules.map(({ variant, percentage, roles, users, organizations }) => ({
      variant,
      percentage: percentage ?? 100,
      roles: words(roles),
      users: words(users),
      organizations: words(organizations),
    })),
  };
}
