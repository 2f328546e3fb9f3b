// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/**
 * The one site that somebody looks after. It narrows nothing by itself: it is put into the addresses of screens that
 * have a filter by site, where it is seen and can be taken away.
 */
import { create } from "zustand";

import { textsOf, without } from "@/lib/search";

type Search = Readonly<Record<string, unknown>>;

const KEY = "csms.site";

interface Chosen {
  /** Null: all of them. */
  site: string | null;
  /** Whose choice it is: others may use this browser too. */
  user: string | null;
}

const NOTHING: Chosen = { site: null, user: null };

function kept(): Chosen {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Chosen> | null;
    return typeof found?.site === "string" && typeof found.user === "string"
      ? { site: found.site, user: found.user }
      : NOTHING;
  } catch {
    return NOTHING; // shut off or spoilt: all sites
  }
}

interface Scope extends Chosen {
  choose: (user: string, site: string | null) => void;
}

export const useScope = create<Scope>()((set) => ({ ...kept(), choose: (user, site) => set({ user, site }) }));

useScope.subscribe(({ user, site }) => {
  try {
    localStorage.setItem(KEY, JSON.stringify({ user, site }));
  } catch {
    // it holds until this page is closed
  }
});

/** The site of whoever is signed in. */
export function siteOf({ user, site }: Chosen, me: string | undefined): string | null {
  return me !== undefined && user === me ? site : null;
}

interface Narrowed {
  /** What the filter by site is called in the address. */
  name: "site" | "site_id";
  isMany?: boolean;
  /** What else may stand in an address that narrows nothing. */
  harmless?: string;
}

const SCREENS: Readonly<Record<string, Narrowed>> = {
  "/": { name: "site", harmless: "board" },
  "/map": { name: "site_id", isMany: true },
  "/chargers": { name: "site_id", isMany: true },
  "/sessions": { name: "site_id", isMany: true },
  "/reservations": { name: "site_id", isMany: true },
  "/alerts": { name: "site", isMany: true },
  "/reports": { name: "site" },
};

/** The sites that a screen is narrowed to; undefined where it has no such filter. */
export function sitesIn(path: string, search: Search): string[] | undefined {
  const screen = SCREENS[path];
  // who waits for approval stands nowhere yet
  if (!screen || (path === "/chargers" && search.view === "pending")) return undefined;
  return textsOf(search[screen.name]) ?? [];
}

/** The same screen narrowed to a site, or to none; undefined where it has no such filter. */
export function withSite(path: string, search: Search, site: string | null): Search | undefined {
  const screen = SCREENS[path];
  if (!screen) return undefined;
  return without({ ...search, [screen.name]: site === null ? undefined : screen.isMany ? [site] : site });
}

/** Whether an address says nothing of what is wanted, so that somebody's usual may stand in. */
function isBare(path: string, search: Search, except: readonly string[] = []): boolean {
  const harmless = SCREENS[path]?.harmless;
  return Object.entries(search).every(
    ([name, value]) => value === undefined || name === harmless || except.includes(name),
  );
}

/** What is to be added to an address that says nothing; undefined where nothing is. */
export function siteSearch(path: string, search: Search, site: string | null): Search | undefined {
  return site !== null && isBare(path, search) ? withSite(path, search, site) : undefined;
}

/** Nothing, or the site that was chosen and nothing else: what an address has that says nothing by itself. */
export function bareSearch(path: string, search: Search, site: string | null): Search | undefined {
  if (isBare(path, search)) return {};
  const name = SCREENS[path]?.name;
  if (name === undefined || site === null || !isBare(path, search, [name])) return undefined;
  return String(textsOf(search[name])) === site ? { [name]: search[name] } : undefined;
}
