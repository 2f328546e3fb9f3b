// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What somebody chose for themselves, between this browser and the server: the server's holds, what waits here does first. */
import type { Preferences, PreferencesUpdate } from "@/api/types.gen";
import { isLanguage, type Appearance } from "@/lib/appearance";
import type { Document } from "@/lib/documents";

/** What was changed and is not on the server yet; of whom. */
export interface Waiting {
  user: string;
  body: PreferencesUpdate;
}

type Documents = Readonly<Record<string, Document>>;

export function bodyOf({ theme, density, language, zone, shortcuts }: Appearance): PreferencesUpdate {
  return { theme, density, locale: language, time_zone: zone, single_key_shortcuts: shortcuts };
}

/** Only what differs. */
export function changeOf(before: PreferencesUpdate, after: PreferencesUpdate): PreferencesUpdate {
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => before[name as keyof PreferencesUpdate] !== value),
  );
}

export function changedDocuments(before: Documents, after: Documents): Record<string, Document | null> {
  const gone = Object.keys(before).filter((name) => !(name in after));
  const changed = Object.entries(after).filter(([name, value]) => before[name] !== value);
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...Object.fromEntries(changed) };
}

/** One change after another. */
export function merged(first: PreferencesUpdate, next: PreferencesUpdate): PreferencesUpdate {
  const documents = { ...first.documents, ...next.documents };
  return { ...first, ...next, ...(Object.keys(documents).length > 0 && { documents }) };
}

/** As the app has it. A language that the app does not speak, or none, leaves the one that is shown. */
export function appearanceOf(kept: Preferences, waiting: PreferencesUpdate): Partial<Appearance> {
  const { theme, density, locale, time_zone: zone, single_key_shortcuts: shortcuts } = { ...kept, ...waiting };
  const language = locale?.split("-")[0];
  return {
    ...(theme && { theme }),
    ...(density && { density }),
    ...(zone && { zone }),
    ...(typeof shortcuts === "boolean" && { shortcuts }),
    ...(isLanguage(language) && { language }),
  };
}

export function documentsOf(kept: Preferences, waiting: PreferencesUpdate): Record<string, Document> {
  const all = { ...kept.documents, ...waiting.documents };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, Record<string, unknown>] => entry[1] !== null),
  );
}

/** The one that was chosen, if any. */
export function siteIn(kept: Pick<Preferences, "scope">, waiting: PreferencesUpdate): string | null {
  return (waiting.scope === undefined ? kept.scope : waiting.scope)?.site_id ?? null;
}
