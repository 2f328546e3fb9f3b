// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** An import as it stands on the server, and what a table of chargers may have. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import { getImport, listImportKinds } from "@/api/sdk.gen";
import type { Import, ImportKind } from "@/api/types.gen";
import { hear } from "@/lib/live";
import { queries } from "@/lib/queries";

const POLL_MS = 1_500;

export const LEFT_OUT = "-";

export type OnConflict = Import["on_conflict"];

export function isOver(item: Import | undefined): boolean {
  return item !== undefined && item.status !== "queued" && item.status !== "running";
}

/** Every column means something, and nothing that is needed is missing. */
export function isClear({ headers, mapping, error }: Import, kind: ImportKind | null | undefined): boolean {
  if (error || !kind || !headers?.length) return false;
  const meant = headers.map((header) => mapping?.[header] ?? LEFT_OUT);
  return !meant.includes(LEFT_OUT) && kind.fields.every(({ name, required }) => !required || meant.includes(name));
}

export function useImport(id: string | null): Import | undefined {
  const found = useQuery({
    queryKey: ["imports", id],
    queryFn: async ({ signal }) =>
      (await getImport({ path: { import_id: id ?? "" }, signal, throwOnError: true })).data,
    enabled: id !== null,
    refetchInterval: ({ state }) => (isOver(state.data) ? false : POLL_MS),
    staleTime: 0,
  });
  const job = found.data?.job;
  useEffect(
    () =>
      hear(["job_progressed"], (event) => {
        if (event.type === "job_progressed" && event.id === job)
          void queries.invalidateQueries({ queryKey: ["imports", id] });
      }),
    [id, job],
  );
  return found.data;
}

export function useKind() {
  return useQuery({
    queryKey: ["imports", "kinds"],
    queryFn: async ({ signal }) =>
      (await listImportKinds({ signal, throwOnError: true })).data.items.find(({ kind }) => kind === "chargers") ??
      null,
    staleTime: 600_000,
  });
}
