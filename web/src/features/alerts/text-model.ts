// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which texts there are, and what stands where in them. */
import type { Channel, CsmsFeaturesNotificationsSchemasTemplate as Text, NotificationKind } from "@/api/types.gen";

export type { Text };

export interface TextRow {
  kind: string;
  language: string;
  /** As delivered, changed, or of a kind that no message is of. */
  state: "delivered" | "changed" | "unused";
  /** How many channels are written to in this language. */
  channels: number;
  changedAt: string | null;
}

type Kinds = readonly Pick<NotificationKind, "kind">[];
type Own = readonly Pick<Text, "kind" | "language" | "updated_at">[];

/** Every kind in each language that the app speaks, that a channel has, or that a text was written in. */
export function rowsOf(
  kinds: Kinds,
  own: Own,
  channels: readonly Pick<Channel, "language">[],
  spoken: readonly string[],
): TextRow[] {
  const known = new Set(kinds.map(({ kind }) => kind));
  const languages = new Set([
    ...spoken,
    ...channels.map(({ language }) => language),
    ...own.filter(({ kind }) => known.has(kind)).map(({ language }) => language),
  ]);
  const rows: TextRow[] = [...known].flatMap((kind) =>
    [...languages].map((language) => {
      const set = own.find((each) => each.kind === kind && each.language === language);
      return {
        kind,
        language,
        state: set ? "changed" : "delivered",
        channels: channels.filter((each) => each.language === language).length,
        changedAt: set?.updated_at ?? null,
      };
    }),
  );
  const unused = own.filter(({ kind }) => !known.has(kind));
  return [
    ...rows,
    ...unused.map(({ kind, language, updated_at: changedAt }): TextRow => {
      return { kind, language, state: "unused", channels: 0, changedAt };
    }),
  ];
}

/** How a value stands in a text. */
export function placeOf(name: string): string {
  return `{{ ${name} }}`;
}

/** A text with something in place of what is selected, and where the cursor is then. */
export function withInserted(text: string, from: number, to: number, what: string): { text: string; cursor: number } {
  return { text: text.slice(0, from) + what + text.slice(to), cursor: from + what.length };
}
