// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The variables of a charger, joined with what its template wants and what is still on its way. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { getChargerDrift, getConfigurationTemplate, listChargerConfiguration, listCommands } from "@/api/sdk.gen";
import type { CommandItem, ConfigurationItem, DriftItem } from "@/api/types.gen";
import { keyOf } from "@/features/chargers/charger/data";

const PAGE = 500;
const MOST_PAGES = 20;

export interface Variable extends ConfigurationItem {
  component: string;
  variable: string;
  drift?: DriftItem;
  pending?: CommandItem;
}

function configurationQuery(id: string) {
  return {
    queryKey: keyOf(id, "configuration"),
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<ConfigurationItem[]> => {
      const items: ConfigurationItem[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const { data } = await listChargerConfiguration({
          path: { charger_id: id },
          query: { limit: PAGE, cursor },
          signal,
          throwOnError: true,
        });
        items.push(...data.items);
        if (data.next_cursor === null) break;
        cursor = data.next_cursor;
      }
      return items;
    },
  };
}

function driftQuery(id: string) {
  return {
    queryKey: keyOf(id, "drift"),
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const { data } = await getChargerDrift({ path: { charger_id: id }, signal, throwOnError: true });
      if (data.template === null) return { ...data, name: null };
      const template = await getConfigurationTemplate({
        path: { template_id: data.template },
        signal,
        throwOnError: true,
      });
      return { ...data, name: template.data.name };
    },
  };
}

/** Changes that were sent and not answered yet, or that wait for the charger to connect. */
function pendingQuery(id: string) {
  return {
    queryKey: keyOf(id, "pending"),
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const query = { charger_id: [id], type: ["change_configuration"], status: ["pending"], limit: 100 };
      return (await listCommands({ query, signal, throwOnError: true })).data.items;
    },
    refetchInterval: 10_000,
  };
}

/** In OCPP 2.x a key is Component.Variable; in 1.6 it is a name alone. */
function placeOf(key: string): { component: string; variable: string } {
  const dot = key.lastIndexOf(".");
  return dot < 0 ? { component: "", variable: key } : { component: key.slice(0, dot), variable: key.slice(dot + 1) };
}

function joined(
  items: readonly ConfigurationItem[],
  drift: readonly DriftItem[],
  pending: readonly CommandItem[],
): Variable[] {
  const wanted = new Map(drift.map((each) => [each.key, each]));
  const sent = new Map(pending.map((each) => [String(each.body.key), each]));
  return items.map((item) => ({
    ...item,
    ...placeOf(item.key),
    drift: wanted.get(item.key),
    pending: sent.get(item.key),
  }));
}

export function useVariables(id: string) {
  const items = useQuery(configurationQuery(id));
  const drift = useQuery(driftQuery(id));
  const pending = useQuery(pendingQuery(id));
  const all = useMemo(
    () => joined(items.data ?? [], drift.data?.items ?? [], pending.data ?? []),
    [items.data, drift.data, pending.data],
  );
  return { items, drift, all };
}
