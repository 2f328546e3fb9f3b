// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the screens of firmware have in their addresses. */
import { oneOf, oneTextOf, sortOf, textsOf, without } from "@/lib/search";

export const SORTS = ["name", "created_at", "starts_at"] as const;
type Sort = (typeof SORTS)[number];

export interface FirmwareSearch {
  tab?: "images";
  q?: string;
  status?: string[];
  sort?: Sort | `-${Sort}`;
}

export function readSearch(search: Record<string, unknown>): FirmwareSearch {
  return without({
    tab: oneOf(search.tab, ["images"] as const),
    q: oneTextOf(search.q),
    status: textsOf(search.status),
    sort: sortOf(search.sort, SORTS),
  });
}

export interface CampaignSearch {
  q?: string;
  status?: string[];
  wave?: string[];
}

export function readCampaign(search: Record<string, unknown>): CampaignSearch {
  return without({ q: oneTextOf(search.q), status: textsOf(search.status), wave: textsOf(search.wave) });
}

export type Filter = Record<string, string | string[]>;

export interface WizardSearch {
  /** Whom it is for: a filter of chargers, or some by their identities. */
  filter?: Filter;
  ids?: string[];
  image?: string;
  /** A draft that goes on. */
  draft?: string;
}

export function readWizard(search: Record<string, unknown>): WizardSearch {
  const { filter } = search;
  return without({
    filter: filter && typeof filter === "object" && !Array.isArray(filter) ? (filter as Filter) : undefined,
    ids: textsOf(search.ids),
    image: oneTextOf(search.image),
    draft: oneTextOf(search.draft),
  });
}
