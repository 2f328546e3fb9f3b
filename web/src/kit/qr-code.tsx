// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** QR codes, as paths of an SVG: sharp on a screen and on paper. */
import { encodeQR } from "qr";
import { useMemo } from "react";

import styles from "./qr-code.module.css";

export interface QrCodeProps {
  text: string;
  /** What scanning it leads to. */
  label: string;
  /** A CSS length. */
  size?: string;
}

/** Around the code, as the standard wants it (ISO/IEC 18004). */
const QUIET = 4;

function pathOf(cells: boolean[][]): string {
  return cells.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
}

export function QrCode({ text, label, size = "10rem" }: QrCodeProps) {
  const cells = useMemo(() => encodeQR(text, "raw", { ecc: "medium", border: QUIET }), [text]);
  const side = cells.length;
  return (
    <svg
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      className={styles.code}
      style={{ inlineSize: size }}
    >
      <path d={pathOf(cells)} className={styles.dark} shapeRendering="crispEdges" />
    </svg>
  );
}
