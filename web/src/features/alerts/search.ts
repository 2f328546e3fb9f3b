// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What alerts are narrowed to, in the address. */
import { daysOf, oneOf, oneTextOf, sortOf, textsOf, without, type Days } from "@/lib/search";

export const TABS = ["open", "acknowledged", "snoozed", "resolved"] as const;
export type AlertsTab = (typeof TABS)[number];
const SORTS = ["first_at", "last_at", "alerts", "urgency"] as const;
type Sort = (typeof SORTS)[number];

export interface AlertsSearch {
  tab?: AlertsTab;
  /** Alerts one by one; otherwise by their cause. */
  view?: "list";
  q?: string;
  severity?: string[];
  kind?: string[];
  site?: string[];
  /** Of one charger, each by itself. */
  charger?: string;
  /** Given to whoever looks. */
  mine?: boolean;
  first?: Days;
  sort?: Sort | `-${Sort}`;
}

export function readSearch(search: Record<string, unknown>): AlertsSearch {
  return without({
    tab: oneOf(search.tab, TABS),
    view: oneOf(search.view, ["list"] as const),
    q: oneTextOf(search.q),
    severity: textsOf(search.severity),
    kind: textsOf(search.kind),
    site: textsOf(search.site),
    charger: oneTextOf(search.charger),
    mine: search.mine === true || undefined,
    first: daysOf(search.first),
    sort: sortOf(search.sort, SORTS),
  });
}

export const RULE_TABS = ["rules", "channels", "texts", "messages"] as const;

export interface RulesSearch {
  tab?: (typeof RULE_TABS)[number];
  q?: string;
  status?: string[];
  channel?: string[];
}

export function readRulesSearch(search: Record<string, unknown>): RulesSearch {
  return without({
    tab: oneOf(search.tab, RULE_TABS),
    q: oneTextOf(search.q),
    status: textsOf(search.status),
    channel: textsOf(search.channel),
  });
}

/** In which language a text is. */
export function readTextSearch(search: Record<string, unknown>): { language?: string } {
  return without({ language: oneTextOf(search.language) });
}
