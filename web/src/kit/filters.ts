// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a list can be narrowed by, and how it is said in a few words. */
import type { TFunction } from "i18next";

import type { Format } from "@/lib/format";

import type { Option } from "./select";
import type { LoadOptions } from "./use-options";

interface Named {
  id: string;
  label: string;
}

export type FilterDefinition = Named &
  (
    | { kind: "text"; placeholder?: string }
    /** `find`: there are more than these, which the server looks for. */
    | { kind: "options"; options: readonly Option[]; find?: LoadOptions<string> }
    | { kind: "boolean"; yes?: string; no?: string }
    | { kind: "date_range" }
    | { kind: "number_range"; unit?: string }
  );

export interface DateSpan {
  from?: string;
  to?: string;
}

export interface NumberSpan {
  min?: number;
  max?: number;
}

/** Of a text; of options; yes or no; of days; of numbers. */
export type FilterValue = string | readonly string[] | boolean | DateSpan | NumberSpan;
export type FilterValues = Readonly<Record<string, FilterValue | undefined>>;

export function isEmptyFilter(value: FilterValue | undefined): boolean {
  if (value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.values(value).every((each) => each === undefined || each === null);
}

function spanText(from: string | undefined, to: string | undefined, t: TFunction<"kit">): string {
  if (from !== undefined && to !== undefined) return from === to ? from : t("filter.range", { from, to });
  return from !== undefined ? t("filter.atLeast", { value: from }) : t("filter.atMost", { value: to });
}

/** Undefined as long as it has no value. */
export function filterText(
  filter: FilterDefinition,
  value: FilterValue | undefined,
  format: Format,
  t: TFunction<"kit">,
): string | undefined {
  if (value === undefined || isEmptyFilter(value)) return undefined;
  switch (filter.kind) {
    case "text":
      return value as string;
    case "boolean":
      return value ? (filter.yes ?? t("filter.yes")) : (filter.no ?? t("filter.no"));
    case "options": {
      const ids = value as readonly string[];
      const first = filter.options.find(({ id }) => id === ids[0])?.label ?? ids[0] ?? "";
      return ids.length > 1 ? t("filter.more", { first, count: ids.length - 1 }) : first;
    }
    case "date_range": {
      const { from, to } = value as DateSpan;
      // a day has no zone: its noon is the same day on every clock it is shown by
      const day = (text: string | undefined) => (text === undefined ? undefined : format.date(`${text}T12:00:00`));
      return spanText(day(from), day(to), t);
    }
    case "number_range": {
      const { min, max } = value as NumberSpan;
      const words = (number: number | undefined) =>
        number === undefined ? undefined : [format.number(number, 3), filter.unit].filter(Boolean).join("\u00a0");
      return spanText(words(min), words(max), t);
    }
  }
}
