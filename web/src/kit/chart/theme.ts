// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The tokens as a canvas needs them: colours and sizes read from where CSS has them. */
import { useMemo, useSyncExternalStore } from "react";

export interface ChartTheme {
  colors: string[];
  text: string;
  soft: string;
  grid: string;
  raised: string;
  sunken: string;
  line: string;
  danger: string;
  font: string;
  size: number;
  moves: boolean;
}

const COLORS = 6;

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme", "data-density", "style"] });
  return () => observer.disconnect();
}

function read(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    colors: Array.from({ length: COLORS }, (_, index) => token(`chart-${index + 1}`)),
    text: token("text"),
    soft: token("text-soft"),
    grid: token("chart-grid"),
    raised: token("surface-raised"),
    sunken: token("surface-sunken"),
    line: token("line"),
    danger: token("danger"),
    font: token("font"),
    size: Number.parseFloat(token("text-xs")) * Number.parseFloat(style.fontSize),
    moves: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

export function useChartTheme(): ChartTheme {
  const name = useSyncExternalStore(subscribe, () => document.documentElement.dataset.theme ?? "");
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the name stands for what is read
  return useMemo(read, [name]);
}
