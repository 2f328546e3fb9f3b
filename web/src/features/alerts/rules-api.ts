// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Rules, channels and messages: read, and changed. */
import { queryOptions } from "@tanstack/react-query";

import {
  getAlertRule,
  listAlertKinds,
  listAlertRules,
  listChargerGroups,
  listNotificationChannels,
  listNotifications,
  listSites,
  updateAlertRule,
} from "@/api/sdk.gen";
import type { AlertRule, AlertRuleUpdate, Channel, ListNotificationsData, Notification } from "@/api/types.gen";
import type { Option } from "@/kit";
import { editedOf, type Edited } from "@/lib/edited";
import type { ServerPage } from "@/lib/lists";
import { outdate, queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const ruleRows = new Rows<AlertRule>();
export const channelRows = new Rows<Channel>();
export const messageRows = new Rows<Notification>();

const PAGE = 100;
const FEW = 20;
const MOST_CHANNELS = 100;

export async function loadRules(
  q: string | undefined,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<AlertRule>> {
  return (await listAlertRules({ query: { q, limit: PAGE, cursor }, signal, throwOnError: true })).data;
}

export async function loadChannels(
  q: string | undefined,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<Channel>> {
  const query = { q, limit: PAGE, cursor, sort: "name" as const };
  return (await listNotificationChannels({ query, signal, throwOnError: true })).data;
}

export async function loadMessages(
  query: NonNullable<ListNotificationsData["query"]>,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<Notification>> {
  return (await listNotifications({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data;
}

export function ruleQuery(id: string) {
  return queryOptions({
    queryKey: ["alert-rules", "one", id],
    queryFn: async ({ signal }): Promise<Edited<AlertRule>> =>
      editedOf(await getAlertRule({ path: { rule_id: id }, signal, throwOnError: true })),
    staleTime: 0,
  });
}

export const kindsQuery = queryOptions({
  queryKey: ["alert-rules", "kinds"],
  queryFn: async ({ signal }) => (await listAlertKinds({ signal, throwOnError: true })).data.items,
  staleTime: Infinity,
});

/** By their names; there are at most a hundred. */
export const channelsQuery = queryOptions({
  queryKey: ["channels", "all"],
  queryFn: async ({ signal }) => {
    const query = { limit: MOST_CHANNELS, sort: "name" as const };
    return (await listNotificationChannels({ query, signal, throwOnError: true })).data.items;
  },
});

export async function changeRule(id: string, body: AlertRuleUpdate, etag: string | null): Promise<void> {
  await updateAlertRule({ path: { rule_id: id }, body, headers: { "if-match": etag }, throwOnError: true });
  rulesChanged();
}

export function rulesChanged(deleted?: string): void {
  outdate("alert-rules", deleted);
  void queries.invalidateQueries({ queryKey: ["alerts"] });
}

export function channelsChanged(): void {
  void queries.invalidateQueries({ queryKey: ["channels"] });
  void queries.invalidateQueries({ queryKey: ["messages"] });
}

export async function findSites(q: string, signal: AbortSignal): Promise<Option[]> {
  const { data } = await listSites({
    query: { q: q || undefined, limit: FEW, fields: "id,name" },
    signal,
    throwOnError: true,
  });
  return data.items.map(({ id, name }) => ({ id, label: name }));
}

export async function findGroups(q: string, signal: AbortSignal): Promise<Option[]> {
  const { data } = await listChargerGroups({
    query: { q: q || undefined, limit: FEW, fields: "id,name" },
    signal,
    throwOnError: true,
  });
  return data.items.map(({ id, name }) => ({ id, label: name }));
}

const MOST_PLACES = 500;

/** Names of the sites and groups that a rule has by their ids. */
export function placesQuery(isWanted: { sites: boolean; groups: boolean }) {
  return queryOptions({
    queryKey: ["alert-rules", "places", isWanted],
    queryFn: async ({ signal }): Promise<Map<string, string>> => {
      const asked = { query: { limit: MOST_PLACES, fields: "id,name" }, signal, throwOnError: true } as const;
      const sites = isWanted.sites ? (await listSites(asked)).data.items : [];
      const groups = isWanted.groups ? (await listChargerGroups(asked)).data.items : [];
      return new Map([...sites, ...groups].map(({ id, name }) => [id, name]));
    },
    enabled: isWanted.sites || isWanted.groups,
  });
}
