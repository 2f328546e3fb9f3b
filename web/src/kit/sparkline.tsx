// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A small line without axes, and in words what it shows. */
import { useId } from "react";

import { useFormat } from "@/lib/format";

import styles from "./sparkline.module.css";
import { useKitText } from "./text";

export interface SparklineProps {
  label: string;
  /** In order; null where nothing is known. */
  values: readonly (number | null)[];
  /** A value as people read it, with its unit. */
  valueText?: (value: number) => string;
  tone?: "accent" | "success" | "danger" | "neutral";
  /** Where the line may end at the top and bottom; otherwise its own extremes. */
  min?: number;
  max?: number;
}

const WIDTH = 120;
const HEIGHT = 32;
const EDGE = 2;

/** One path for each stretch without gaps. */
function pathsOf(
  values: readonly (number | null)[],
  low: number,
  high: number,
): { line: string; area: string; last: [number, number] }[] {
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  const span = high - low || 1;
  const stretches: [number, number][][] = [];
  let open = false;
  values.forEach((value, index) => {
    if (value === null) {
      open = false;
      return;
    }
    const point: [number, number] = [EDGE + index * step, HEIGHT - EDGE - ((value - low) / span) * (HEIGHT - 2 * EDGE)];
    if (open) stretches.at(-1)?.push(point);
    else stretches.push([point]);
    open = true;
  });
  return stretches.map((points) => {
    const line = points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    const first = points[0] ?? [0, 0];
    const last = points.at(-1) ?? first;
    return { line, area: `${line}L${last[0].toFixed(1)} ${HEIGHT}L${first[0].toFixed(1)} ${HEIGHT}Z`, last };
  });
}

export function Sparkline({ label, values, valueText, tone = "accent", min, max }: SparklineProps) {
  const t = useKitText();
  const format = useFormat();
  const id = useId();
  const known = values.filter((value) => value !== null);
  const words = valueText ?? format.number;
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined) return <span className={styles.none}>{t("sparkline.empty")}</span>;
  const low = min ?? Math.min(...known);
  const high = max ?? Math.max(...known);
  const summary = {
    first: words(first),
    last: words(last),
    min: words(Math.min(...known)),
    max: words(Math.max(...known)),
  };
  const paths = pathsOf(values, low, high);
  const end = paths.at(-1)?.last;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-labelledby={id}
      className={`${styles.sparkline} ${styles[tone] ?? ""}`}
    >
      <title id={id}>{`${label}. ${t("sparkline.summary", summary)}`}</title>
      {paths.map(({ line, area }) => (
        <g key={line}>
          <path d={area} className={styles.area} />
          <path d={line} className={styles.line} />
        </g>
      ))}
      {end && <path d={`M${end[0]} ${end[1]}h0.01`} className={styles.end} />}
    </svg>
  );
}
