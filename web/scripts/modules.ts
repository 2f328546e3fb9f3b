// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// The shape of src: imports go down.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const ROOT = new URL("../src/", import.meta.url).pathname;
/** From the top; whoever stands on one imports its own and those below. Features are many, and do not see each other. */
const FLOORS = ["app", "features", "kit", "lib", "api", "locales"];
const GENERATED = /^(?:api|locales)\//;
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;

const problems: string[] = [];
const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.tsx?$/.test(name) && !GENERATED.test(name),
);

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
    const place = placeOf(wanted, name);
    if (place === null || homeOf(place) === home) continue;
    if (FLOORS.indexOf(place.split("/")[0] ?? "") <= floor)
      problems.push(`${name}: imports ${wanted}, which is not below ${home}`);
  }
}

for (const name of files) checkImports(name, readFileSync(join(ROOT, name), "utf8"));
for (const problem of problems.toSorted()) console.error(problem);
if (problems.length) process.exit(1);
console.log(`${files.length} modules, all imports downwards`);
