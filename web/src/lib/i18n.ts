// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Texts: one file per language and area of the app, loaded when a screen of that area is. */
import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";

import { LANGUAGES, useAppearance } from "@/lib/appearance";

const FILES = import.meta.glob<{ default: Record<string, unknown> }>("../locales/*/*.json");

const files: BackendModule = {
  type: "backend",
  init() {},
  read(language, area, done) {
    const load = FILES[`../locales/${language}/${area}.json`];
    if (!load) {
      done(new Error(`there are no texts of ${area} in ${language}`), null);
      return;
    }
    load().then(
      (file) => done(null, file.default),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
    );
  },
};

/** Ready when the texts of the frame are there. */
export async function startTexts(): Promise<void> {
  await i18next
    .use(files)
    .use(initReactI18next)
    .init({
      lng: useAppearance.getState().language,
      supportedLngs: Object.keys(LANGUAGES),
      fallbackLng: false, // every language is complete: a check compares them
      load: "currentOnly",
      ns: ["common", "kit"],
      defaultNS: "common",
      keySeparator: ".",
      returnNull: false,
      interpolation: { escapeValue: false }, // React escapes
      react: { useSuspense: true },
    });
  useAppearance.subscribe((now, before) => {
    if (now.language !== before.language) void i18next.changeLanguage(now.language);
  });
}
