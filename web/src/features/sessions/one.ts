// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One session, and what is heard of it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { getTransaction } from "@/api/sdk.gen";
import type { TransactionWhole } from "@/api/types.gen";
import { withMeter, withStatus } from "@/features/sessions/model";
import { throttled } from "@/lib/lists";
import { hear, onResync } from "@/lib/live";

const AGGREGATES_MS = 5_000;

function sessionKey(id: string) {
  return ["sessions", "one", id] as const;
}

export function useWholeSession(id: string) {
  const queries = useQueryClient();
  useEffect(() => {
    const queryKey = sessionKey(id);
    const again = throttled(() => void queries.invalidateQueries({ queryKey }), AGGREGATES_MS);
    const patch = (change: (session: TransactionWhole) => TransactionWhole) =>
      queries.setQueryData<TransactionWhole>(queryKey, (session) => session && change(session));
    const isThis = (key: string | null) => key === (queries.getQueryData<TransactionWhole>(queryKey)?.id ?? id);
    const stops = [
      hear(["meter_recorded"], (event) => {
        if (event.type !== "meter_recorded" || !isThis(event.transaction_id)) return;
        patch((session) => ({ ...session, ...withMeter(session, event.values) }));
        again.call();
      }),
      hear(["transaction_changed"], (event) => {
        if (event.type !== "transaction_changed" || !isThis(event.id)) return;
        patch((session) => ({ ...session, ...withStatus(session, event.status, event.energy_wh) }));
        again.call();
      }),
      onResync(again.call),
    ];
    return () => {
      again.stop();
      for (const stop of stops) stop();
    };
  }, [queries, id]);
  return useQuery({
    queryKey: sessionKey(id),
    queryFn: async ({ signal }) =>
      (await getTransaction({ path: { transaction_id: id }, signal, throwOnError: true })).data,
  });
}
