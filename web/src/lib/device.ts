// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which browser on which system somebody came with, as far as its own words tell; else those words. */

// the first that fits: many call themselves what they are not, after what they are
const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/\bAndroid\b/, "Android"],
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];
const SHOWN = 60;

function first(words: string, known: [RegExp, string][]): string | undefined {
  return known.find(([pattern]) => pattern.test(words))?.[1];
}

export interface Device {
  browser?: string;
  system?: string;
  /** What it said, where nothing of it is known: a program, mostly. */
  words?: string;
}

export function deviceOf(userAgent: string | null): Device {
  if (!userAgent) return {};
  const browser = first(userAgent, BROWSERS);
  if (!browser) return { words: userAgent.slice(0, SHOWN) };
  return { browser, system: first(userAgent, SYSTEMS) };
}
