// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How the app looks here: kept in this browser for the first paint (public/theme.js reads it), and with the user. */
import { create } from "zustand";

export type Theme = "light" | "dark" | "system";
export type Density = "comfortable" | "compact";
export type ZoneMode = "viewer" | "site" | "utc";

export const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  nl: "Nederlands",
  ar: "العربية",
} as const;
export type Language = keyof typeof LANGUAGES;

export interface Appearance {
  theme: Theme;
  density: Density;
  language: Language;
  zone: ZoneMode;
  /** Keys without Ctrl or Alt that go somewhere (WCAG 2.1.4: people can switch them off). */
  shortcuts: boolean;
}

const KEY = "csms.appearance";
const DARK = matchMedia("(prefers-color-scheme: dark)");

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}

function directionOf(language: Language): "ltr" | "rtl" {
  return language === "ar" ? "rtl" : "ltr";
}

function fromBrowser(): Language {
  const wanted = navigator.languages.map((each) => each.split("-")[0]);
  return wanted.find(isLanguage) ?? "en";
}

function kept(): Partial<Appearance> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // shut off or spoilt: the defaults hold
  }
}

function first(): Appearance {
  const found = kept();
  return {
    theme: found.theme === "light" || found.theme === "dark" ? found.theme : "system",
    density: found.density === "compact" ? "compact" : "comfortable",
    language: isLanguage(found.language) ? found.language : fromBrowser(),
    zone: found.zone === "site" || found.zone === "utc" ? found.zone : "viewer",
    shortcuts: found.shortcuts !== false,
  };
}

interface Store extends Appearance {
  change: (values: Partial<Appearance>) => void;
}

export const useAppearance = create<Store>()((set) => ({ ...first(), change: (values) => set(values) }));

function isDark(theme: Theme): boolean {
  return theme === "dark" || (theme === "system" && DARK.matches);
}

function show({ theme, density, language }: Appearance): void {
  const root = document.documentElement;
  root.dataset.theme = isDark(theme) ? "dark" : "light";
  root.dataset.density = density;
  root.lang = language;
  root.dir = directionOf(language);
}

function keep({ theme, density, language, zone, shortcuts }: Appearance): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ theme, density, language, zone, shortcuts }));
  } catch {
    // it holds until this page is closed
  }
}

/** Show what is chosen, now and whenever it changes. */
export function followAppearance(): void {
  show(useAppearance.getState());
  useAppearance.subscribe((state) => {
    show(state);
    keep(state);
  });
  DARK.addEventListener("change", () => show(useAppearance.getState()));
}

/** The reader's own way of writing dates and numbers, where their browser tells one for the language that is shown. */
export function localeFor(language: Language): string {
  return navigator.languages.find((each) => each.split("-")[0] === language) ?? language;
}
