// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// What a screen loads, in kB of gzip, beside what it may: the page's own scripts and styles, and what it imports in turn.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const OUT = new URL("../../src/csms/api/assets/app", import.meta.url).pathname;
const MANIFEST = JSON.parse(readFileSync(join(OUT, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  css?: string[];
}

/** kB of scripts; the entry is a part of each, and what a screen always loads later. */
const BUDGETS: Record<string, { source: string; kB: number; later?: string[] }> = {
  entry: { source: "index.html", kB: 230 },
  overview: {
    source: "src/features/overview/page.tsx",
    kB: 430,
    later: ["src/features/overview/charts.tsx", "src/features/overview/map.tsx"],
  },
  chargers: { source: "src/features/chargers/list.tsx", kB: 250 },
  map: { source: "src/features/chargers/map/page.tsx", kB: 530, later: ["src/features/chargers/map/canvas.tsx"] },
};
const STYLES_KB = 25;
/** Loaded by the map, and no part of its page. */
const WORKER_KB = 160;

function closure(source: string, into = new Set<string>()): Set<string> {
  if (into.has(source)) return into;
  const chunk = MANIFEST[source];
  if (!chunk) return into;
  into.add(source);
  for (const each of chunk.imports ?? []) closure(each, into);
  return into;
}

const kB = (file: string): number => gzipSync(readFileSync(join(OUT, file)), { level: 9 }).length / 1000;

let failed = false;
for (const [name, budget] of Object.entries(BUDGETS)) {
  if (!MANIFEST[budget.source]) continue; // a screen that is not there yet
  const loaded = closure("index.html", closure(budget.source));
  for (const later of budget.later ?? []) closure(later, loaded);
  const chunks = [...loaded].map((source) => MANIFEST[source]).filter((chunk) => chunk !== undefined);
  const scripts = [...new Set(chunks.map((chunk) => chunk.file))].reduce((sum, file) => sum + kB(file), 0);
  const styles = [...new Set(chunks.flatMap((chunk) => chunk.css ?? []))].reduce((sum, file) => sum + kB(file), 0);
  const kept = scripts <= budget.kB && styles <= STYLES_KB;
  failed ||= !kept;
  console.log(
    `${kept ? "pass" : "FAIL"}  ${name}: ${scripts.toFixed(1)} kB of ${budget.kB}, styles ${styles.toFixed(1)} of ${STYLES_KB}`,
  );
}
const workers = readdirSync(join(OUT, "static")).filter((name) => /worker.*\.m?js$/.test(name));
for (const name of workers) {
  const size = kB(join("static", name));
  failed ||= size > WORKER_KB;
  console.log(`${size > WORKER_KB ? "FAIL" : "pass"}  worker of the map: ${size.toFixed(1)} kB of ${WORKER_KB}`);
}
if (!workers.length && MANIFEST[BUDGETS.map?.source ?? ""]) {
  failed = true;
  console.log("FAIL  worker of the map: there is none");
}
if (failed) process.exit(1);
