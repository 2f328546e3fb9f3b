// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A value of JSON as lines, one for each of its parts that is in sight. */

type JsonKind = "string" | "number" | "boolean" | "null" | "object" | "array";

export interface JsonLine {
  path: string;
  /** null: the whole. */
  name: string | null;
  kind: JsonKind;
  text: string;
  depth: number;
  /** Undefined where there is nothing to open. */
  isOpen?: boolean;
  /** How many parts it has. */
  size: number;
  /** The line that it belongs to. */
  parent: number;
  place: number;
  siblings: number;
}

function kindOf(value: unknown): JsonKind {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "number" || type === "boolean" || type === "object" ? type : "string";
}

function textOf(value: unknown, kind: JsonKind, isOpen: boolean | undefined): string {
  if (kind === "array") return isOpen === undefined ? "[]" : isOpen ? "[" : "[…]";
  if (kind === "object") return isOpen === undefined ? "{}" : isOpen ? "{" : "{…}";
  return JSON.stringify(value ?? null) ?? typeof value;
}

interface Place {
  value: unknown;
  name: string | null;
  path: string;
  depth: number;
  parent: number;
  place: number;
  siblings: number;
}

function partsOf(value: unknown, kind: JsonKind): [string, unknown][] {
  if (kind === "array") return (value as unknown[]).map((each, index) => [String(index), each]);
  return kind === "object" ? Object.entries(value as object) : [];
}

/** Open to a depth, but for what was toggled. It goes without recursion: what others send may be deep. */
export function linesOf(value: unknown, depth: number, toggled: ReadonlySet<string>): JsonLine[] {
  const lines: JsonLine[] = [];
  // a path of something deep is long: it is only put together where it is looked up
  const isToggled = (path: string) => toggled.size > 0 && toggled.has(path);
  const todo: Place[] = [{ value, name: null, path: "$", depth: 0, parent: 0, place: 1, siblings: 1 }];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { value: part, ...place } = next;
    const kind = kindOf(part);
    const parts = partsOf(part, kind);
    const isOpen = parts.length ? place.depth < depth !== isToggled(place.path) : undefined;
    const here = lines.length;
    lines.push({ ...place, kind, text: textOf(part, kind, isOpen), isOpen, size: parts.length });
    if (!isOpen) continue;
    for (let index = parts.length - 1; index >= 0; index -= 1) {
      const [name, inner] = parts[index] ?? ["", null];
      const below = { depth: place.depth + 1, parent: here, place: index + 1, siblings: parts.length };
      todo.push({ value: inner, name, path: `${place.path}.${name}`, ...below });
    }
  }
  return lines;
}
