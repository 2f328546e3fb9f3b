// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Templates read and changed; how far chargers are from them beside them. */
import { queryOptions } from "@tanstack/react-query";

import {
  getConfigurationTemplate,
  getTemplateDriftSummary,
  listCommands,
  listConfigurationTemplates,
  updateConfigurationTemplate,
} from "@/api/sdk.gen";
import type {
  CommandItem,
  CsmsFeaturesConfigurationSchemasTemplate as Template,
  DriftSummary,
  ListConfigurationTemplatesData,
  TemplateUpdate,
} from "@/api/types.gen";
import { editedOf, type Edited } from "@/lib/edited";
import type { ServerPage } from "@/lib/lists";
import { outdate, queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export type { Template };
/** Undefined as long as it is counted, null where it cannot be. */
export type TemplateRow = Template & { summary?: DriftSummary | null };

export const templateRows = new Rows<TemplateRow>();

const PAGE = 50;
const MOST_IDS = 100; // of one filter

export async function loadTemplates(
  query: NonNullable<ListConfigurationTemplatesData["query"]>,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<TemplateRow>> {
  const { data } = await listConfigurationTemplates({
    query: { ...query, limit: PAGE, cursor },
    signal,
    throwOnError: true,
  });
  void addDrift(data.items.map(({ id }) => id));
  return { ...data, items: data.items.map((item) => ({ ...item, summary: knownDrift(item.id) })) };
}

function knownDrift(id: string): DriftSummary | null | undefined {
  return queries.getQueryData(summaryQuery(id).queryKey) ?? templateRows.get(id)?.summary;
}

/** How far chargers are comes after the rows, one after the other: it is counted anew each time. */
async function addDrift(ids: readonly string[]): Promise<void> {
  for (const [at, id] of ids.entries()) {
    try {
      templateRows.patch(id, { summary: await queries.fetchQuery(summaryQuery(id)) });
    } catch {
      // the list stands without it, and nobody waits for the rest
      for (const each of ids.slice(at))
        templateRows.patch(each, ({ summary, ...row }) => ({ ...row, summary: summary ?? null }));
      return;
    }
  }
}

export function templateQuery(id: string) {
  return queryOptions({
    queryKey: ["templates", "one", id],
    queryFn: async ({ signal }): Promise<Edited<Template>> =>
      editedOf(await getConfigurationTemplate({ path: { template_id: id }, signal, throwOnError: true })),
  });
}

export function summaryQuery(id: string) {
  return queryOptions({
    queryKey: ["templates", "summary", id],
    queryFn: async ({ signal }) =>
      (await getTemplateDriftSummary({ path: { template_id: id }, signal, throwOnError: true })).data,
    staleTime: 5_000,
  });
}

/** With `etag` only if nobody else changed it meanwhile. */
export async function changeTemplate(id: string, body: TemplateUpdate, etag: string | null): Promise<Template> {
  const headers = { "if-match": etag };
  const answer = await updateConfigurationTemplate({ path: { template_id: id }, body, headers, throwOnError: true });
  const changed = editedOf(answer);
  queries.setQueryData(templateQuery(id).queryKey, changed);
  return changed.item;
}

export function templatesChanged(deleted?: string): void {
  outdate("templates", deleted);
}

/** What became of commands that were pending. */
export async function readCommands(ids: readonly string[], signal: AbortSignal): Promise<CommandItem[]> {
  const found: CommandItem[] = [];
  for (let start = 0; start < ids.length; start += MOST_IDS) {
    const query = { id: ids.slice(start, start + MOST_IDS), limit: MOST_IDS };
    found.push(...(await listCommands({ query, signal, throwOnError: true })).data.items);
  }
  return found;
}
