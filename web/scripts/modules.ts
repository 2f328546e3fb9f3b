// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// The shape of src: imports go down, no module is over 400 lines, and of the classes of a style sheet each is there and used.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const ROOT = new URL("../src/", import.meta.url).pathname;
const MOST_LINES = 400;
/** From the top; whoever stands on one imports its own and those below. Features are many, and do not see each other. */
const FLOORS = ["app", "features", "kit", "lib", "api", "locales"];
const GENERATED = /^(?:api|locales)\//;
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;
const STYLES = /import (\w+) from "([^"]+\.module\.css)"/g;

const problems: string[] = [];
const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.(?:tsx?|css)$/.test(name) && !GENERATED.test(name),
);
const sources = new Map(files.map((name) => [name, readFileSync(join(ROOT, name), "utf8")]));

/** What an import names, as a path below src; null for a package. */
function placeOf(wanted: string, from: string): string | null {
  if (wanted.startsWith("@/")) return wanted.slice(2);
  return wanted.startsWith(".") ? normalize(join(dirname(from), wanted)) : null;
}

/** A floor, or the one feature. */
function homeOf(path: string): string {
  const [floor = "", feature] = path.split("/");
  return floor === "features" ? `${floor}/${feature}` : floor;
}

function checkImports(name: string, source: string): void {
  const home = homeOf(name);
  const floor = FLOORS.indexOf(home.split("/")[0] ?? "");
  if (floor < 0) return; // main.tsx, which knows everybody
  for (const [, wanted = ""] of source.matchAll(IMPORT)) {
    if (wanted.endsWith(".css") && name.includes(".test.")) continue; // parts are tried with the looks of the app
    const place = placeOf(wanted, name);
    if (place === null || homeOf(place) === home) continue;
    if (FLOORS.indexOf(place.split("/")[0] ?? "") <= floor)
      problems.push(`${name}: imports ${wanted}, which is not below ${home}`);
  }
}

/** Names of a style sheet that selectors have. */
function classesOf(css: string): Set<string> {
  const found = new Set<string>();
  for (const [, before = ""] of css.replaceAll(/\/\*[\s\S]*?\*\/|:global\([^)]*\)/g, "").matchAll(/([^{};]*)\{/g))
    for (const [, name = ""] of before.matchAll(/\.([A-Za-z][\w-]*)/g)) found.add(name);
  return found;
}

const used = new Map<string, Set<string>>();
/** Sheets of which a class is named by a value, or by other modules. */
const open = new Set<string>();

function readStyles(name: string, source: string): void {
  for (const [, variable = "", wanted = ""] of source.matchAll(STYLES)) {
    const sheet = placeOf(wanted, name) ?? "";
    const there = classesOf(sources.get(sheet) ?? "");
    const names = used.get(sheet) ?? new Set();
    used.set(sheet, names);
    if (source.includes(`${variable}[`) || source.includes(`export { ${variable}`)) open.add(sheet);
    for (const [, each = ""] of source.matchAll(new RegExp(`(?<![\\w/-])${variable}\\.(\\w+)`, "g"))) {
      names.add(each);
      if (!there.has(each)) problems.push(`${name}: ${sheet} has no .${each}`);
    }
  }
}

for (const [name, source] of sources) {
  const lines = source.split("\n").length - 1;
  if (lines > MOST_LINES) problems.push(`${name}: ${lines} lines; split it`);
  checkImports(name, source);
  readStyles(name, source);
}
for (const name of files.filter((each) => each.endsWith(".module.css"))) {
  const names = used.get(name);
  if (!names) problems.push(`${name}: nobody imports it`);
  else if (!open.has(name))
    for (const each of classesOf(sources.get(name) ?? ""))
      if (!names.has(each)) problems.push(`${name}: nobody has .${each}`);
}
for (const problem of problems.toSorted()) console.error(problem);
if (problems.length) process.exit(1);
console.log(`${files.length} modules, none too long, all imports downwards, all styles in use`);
