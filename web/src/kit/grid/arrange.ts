// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which columns are shown, and how wide. */
import type { GridArrangement, GridColumn } from "@/kit/grid/types";

const WIDTH = 160;
export const LEAST_WIDTH = 64;
export const MOST_WIDTH = 960;
export const WIDTH_STEP = 16;
const CHECKBOX = 44;
const ACTIONS = 52;
const ROOT = 16;

export function startOf<Row>(columns: readonly GridColumn<Row>[]): GridArrangement {
  return { widths: {}, hidden: columns.filter(({ isHidden }) => isHidden).map(({ id }) => id) };
}

/** Whether something that was kept once still says how columns are arranged. */
export function isArrangement(value: unknown): value is GridArrangement {
  if (typeof value !== "object" || value === null) return false;
  const { widths, hidden } = value as Record<string, unknown>;
  const areWidths =
    typeof widths === "object" && widths !== null && Object.values(widths).every((each) => typeof each === "number");
  return areWidths && Array.isArray(hidden) && hidden.every((each) => typeof each === "string");
}

export function shownOf<Row>(columns: readonly GridColumn<Row>[], { hidden }: GridArrangement): GridColumn<Row>[] {
  return columns.filter(({ id }, index) => index === 0 || !hidden.includes(id));
}

export function widthOf<Row>({ id, width, minWidth }: GridColumn<Row>, { widths }: GridArrangement): number {
  return Math.max(widths[id] ?? width ?? WIDTH, minWidth ?? LEAST_WIDTH);
}

export function resized<Row>(column: GridColumn<Row>, arrangement: GridArrangement, width: number): GridArrangement {
  const fitting = Math.round(Math.min(MOST_WIDTH, Math.max(column.minWidth ?? LEAST_WIDTH, width)));
  return { ...arrangement, widths: { ...arrangement.widths, [column.id]: fitting } };
}

function rem(pixels: number): string {
  return `${pixels / ROOT}rem`;
}

/** As a grid of CSS: what was given a width keeps it, the others share what is left. */
export function templateOf<Row>(
  shown: readonly GridColumn<Row>[],
  arrangement: GridArrangement,
  has: { selection: boolean; actions: boolean },
): { template: string; least: string; more: string } {
  const tracks = shown.map((column) => {
    const width = widthOf(column, arrangement);
    return column.id in arrangement.widths ? rem(width) : `minmax(${rem(width)}, ${width}fr)`;
  });
  const extra = (has.selection ? CHECKBOX : 0) + (has.actions ? ACTIONS : 0);
  const least = shown.reduce((sum, column) => sum + widthOf(column, arrangement), extra);
  const template = [has.selection && rem(CHECKBOX), ...tracks, has.actions && rem(ACTIONS)].filter(Boolean).join(" ");
  return { template, least: rem(least), more: rem(ACTIONS) };
}
