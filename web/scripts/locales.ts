// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// Is every language complete? The same files, keys and places for values as in English; the plural forms that a language has.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = new URL("../src/locales", import.meta.url).pathname;
const PLURAL = /_(?:zero|one|two|few|many|other)$/;
const VALUE = /\{\{\s*([\w.]+)/g;

type Texts = Map<string, string>;

function flat(value: unknown, path: string, into: Texts): Texts {
  if (typeof value === "string") into.set(path, value);
  else if (typeof value === "object" && value !== null)
    for (const [key, each] of Object.entries(value)) flat(each, path ? `${path}.${key}` : key, into);
  return into;
}

function read(language: string, file: string): Texts {
  return flat(JSON.parse(readFileSync(join(ROOT, language, file), "utf8")), "", new Map());
}

/** Texts with plurals count as one; which forms there are is a matter of the language. */
function bases(texts: Texts): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [key, text] of texts) {
    const base = key.replace(PLURAL, "");
    found.set(base, [...(found.get(base) ?? []), ...Array.from(text.matchAll(VALUE), (each) => each[1] ?? "")]);
  }
  return found;
}

const problems: string[] = [];
const languages = readdirSync(ROOT).toSorted();
for (const language of languages) {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const file of readdirSync(join(ROOT, "en"))) {
    const where = `${language}/${file}`;
    let texts: Texts;
    try {
      texts = read(language, file);
    } catch (error) {
      problems.push(`${where}: ${String(error)}`);
      continue;
    }
    const english = bases(read("en", file));
    const own = bases(texts);
    for (const [base, values] of english) {
      const mine = own.get(base);
      if (!mine) problems.push(`${where}: ${base} is missing`);
      else
        for (const value of new Set(values))
          if (value !== "count" && !mine.includes(value)) problems.push(`${where}: ${base} has no {{${value}}}`);
    }
    for (const base of own.keys()) if (!english.has(base)) problems.push(`${where}: ${base} is not in English`);
    for (const [key, text] of texts) {
      if (text.trim() === "") problems.push(`${where}: ${key} is empty`);
      if (!PLURAL.test(key)) continue;
      const base = key.replace(PLURAL, "");
      for (const form of forms)
        if (!texts.has(`${base}_${form}`)) problems.push(`${where}: ${base}_${form} is missing`);
    }
  }
  for (const file of readdirSync(join(ROOT, language)))
    if (!readdirSync(join(ROOT, "en")).includes(file)) problems.push(`${language}/${file} is not in English`);
}
for (const problem of new Set(problems)) console.error(problem);
if (problems.length) process.exit(1);
console.log(`${languages.length} languages, each complete`);
