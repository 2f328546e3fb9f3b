// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/**
 * What stands on the map, drawn by the browser itself: so texts of every script come out right, in the app's own font,
 * and no server is asked for letters.
 */
import { RANKS } from "@/features/chargers/map/model";
import type { StatusFamily } from "@/kit";

/** Drawn twice as fine as it is shown. */
export const RATIO = 2;

const FONT = '"Inter Variable", system-ui, sans-serif';

/** On a field of 24 × 24, so that the state is told by more than a colour. */
const GLYPHS: Readonly<Record<StatusFamily, string>> = {
  available: "M5 12.5l4.5 4.5L19 7.5",
  in_use: "M13.5 3L5 14h6l-1 7 8.5-11h-6z",
  reserved: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 8v4.5l3 2",
  unavailable: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M6.5 6.5l11 11",
  faulted: "M12 4L21.5 20H2.5zM12 10v4.5M12 17.2v.3",
  offline: "M3 3l18 18M5 12.5a10 10 0 0 1 4-2.5M19 12.5a10 10 0 0 0-5.5-3M8.5 16a5 5 0 0 1 3.5-1.5M12 19.5v.3",
};

export interface Sign {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function familyColour(family: StatusFamily): string {
  return colour(`st-${family.replace("_", "-")}`);
}

function drawn(width: number, height: number, draw: (context: CanvasRenderingContext2D) => void): Sign {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * RATIO);
  canvas.height = Math.ceil(height * RATIO);
  const context = canvas.getContext("2d");
  if (!context) return { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  context.scale(RATIO, RATIO);
  draw(context);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

let ruler: CanvasRenderingContext2D | null | undefined;

function widthOf(text: string, font: string): number {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return text.length * 8;
  ruler.font = font;
  return ruler.measureText(text).width;
}

/** How many chargers there are, and the worst that one of them is in. Several stations have a second line around. */
export function countSign(rank: number, count: string, isCluster: boolean): Sign {
  const family = RANKS[rank] ?? "available";
  const [fill, on] = [familyColour(family), colour("surface-raised")];
  const font = `650 13px ${FONT}`;
  const [edge, body] = [isCluster ? 5 : 2, 28];
  const wide = Math.max(body + 10, 9 + 15 + 4 + widthOf(count, font) + 10);
  const height = body + 2 * edge;
  return drawn(wide + 2 * edge, height, (context) => {
    const pill = (inset: number, style: string): void => {
      context.beginPath();
      context.roundRect(inset, inset, wide + 2 * edge - 2 * inset, height - 2 * inset, height);
      context.fillStyle = style;
      context.fill();
    };
    if (isCluster) {
      pill(0, fill);
      pill(2, on);
    } else pill(0, on);
    pill(edge, fill);
    context.save();
    context.translate(edge + 9, height / 2 - 7.5);
    context.scale(15 / 24, 15 / 24);
    context.strokeStyle = on;
    context.lineWidth = 3;
    context.lineCap = context.lineJoin = "round";
    context.stroke(new Path2D(GLYPHS[family]));
    context.restore();
    context.fillStyle = on;
    context.font = font;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillText(count, edge + 9 + 15 + 4, height / 2 + 0.5);
  });
}

/** Words with a seam around them, to be read on land and sea. */
export function wordsSign(text: string, tone: "country" | "station"): Sign {
  const isCountry = tone === "country";
  const size = isCountry ? 12 : 12.5;
  const font = `${isCountry ? 500 : 600} ${size}px ${FONT}`;
  const width = Math.min(widthOf(text, font), 240) + 8;
  return drawn(width, size + 10, (context) => {
    context.font = font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = colour(isCountry ? "surface-raised" : "surface");
    context.fillStyle = colour(isCountry ? "text-faint" : "text");
    context.strokeText(text, width / 2, size / 2 + 5, 240);
    context.fillText(text, width / 2, size / 2 + 5, 240);
  });
}
