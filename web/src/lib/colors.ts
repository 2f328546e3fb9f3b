// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Colours that can be read: contrast as WCAG 2.2 defines it (success criterion 1.4.3), as the server counts it too. */

export const ENOUGH = 4.5;
const LIGHT_TEXT = "#ffffff";
const DARK_TEXT = "#131a24";
const STEP = 0.04;
const HEX = /^#[0-9a-f]{6}$/i;

type Rgb = [number, number, number];

export function isColor(text: string): boolean {
  return HEX.test(text);
}

function channels(color: string): Rgb {
  const number = Number.parseInt(color.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function luminance(color: string): number {
  const [red, green, blue] = channels(color).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black and white). */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function mixed(one: string, other: string, share: number): string {
  const to = channels(other);
  const parts = channels(one).map((channel, index) => Math.round(channel + ((to[index] ?? 0) - channel) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

export interface OnColor {
  text: string;
  ratio: number;
}

/** Of the two colours of text that one that is read best on it. */
export function textOn(color: string): OnColor {
  const [light, dark] = [contrast(color, LIGHT_TEXT), contrast(color, DARK_TEXT)];
  return light >= dark ? { text: LIGHT_TEXT, ratio: light } : { text: DARK_TEXT, ratio: dark };
}

interface Surfaces {
  /** What links and icons in the colour stand on. */
  on: readonly string[];
  raised: string;
  /** Towards what a colour is moved until it can be read. */
  towards: string;
  soft: number;
}

const SURFACES: Readonly<Record<"light" | "dark", Surfaces>> = {
  light: { on: ["#f6f7f9", "#eceff3", "#ffffff"], raised: "#ffffff", towards: "#000000", soft: 0.86 },
  dark: { on: ["#0e131a", "#161d27", "#1e2733"], raised: "#161d27", towards: "#ffffff", soft: 0.74 },
};

export interface BrandColors {
  accent: string;
  hover: string;
  soft: string;
  onAccent: string;
}

/** A brand's colour as the accent of a theme: darker or lighter than it is, where it could not be read as it is. */
export function brandColors(color: string, theme: "light" | "dark"): BrandColors {
  const { on, raised, towards, soft: share } = SURFACES[theme];
  const soft = mixed(color, raised, share);
  let accent = color;
  for (let moved = STEP; moved <= 1 && [...on, soft].some((each) => contrast(accent, each) < ENOUGH); moved += STEP)
    accent = mixed(color, towards, moved);
  return { accent, hover: mixed(accent, towards, 0.18), soft, onAccent: textOn(accent).text };
}

export function brandVariables({ accent, hover, soft, onAccent }: BrandColors): Record<string, string> {
  return {
    "--accent": accent,
    "--accent-hover": hover,
    "--accent-soft": soft,
    "--on-accent": onAccent,
    "--focus": accent,
    "--surface-selected": soft,
  };
}

/** For both themes. */
export function brandCss(color: string): string {
  return (["light", "dark"] as const)
    .map((theme) => {
      const rules = Object.entries(brandVariables(brandColors(color, theme))).map(
        ([name, value]) => `${name}:${value}`,
      );
      return `[data-theme="${theme}"]{${rules.join(";")}}`;
    })
    .join("");
}
