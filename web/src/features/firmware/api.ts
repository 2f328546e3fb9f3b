// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Images and campaigns read and changed. */
import { queryOptions } from "@tanstack/react-query";
import { useEffect } from "react";

import { createBulkCommand, getFirmware, getFirmwareCampaign, listFirmware } from "@/api/sdk.gen";
import type { Campaign, CampaignItem, CampaignTarget, FirmwareItem } from "@/api/types.gen";
import type { Filter } from "@/features/firmware/search";
import { editedOf, type Edited } from "@/lib/edited";
import { throttled } from "@/lib/lists";
import { hear, onResync, useLive } from "@/lib/live";
import { PREVIEW_HEADER, usePreview } from "@/lib/preview";
import { Problem } from "@/lib/problems";
import { outdate, queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";
import { apiPath } from "@/lib/search";

export const campaignRows = new Rows<CampaignItem>();
export const targetRows = new Rows<CampaignTarget>();
export const imageRows = new Rows<FirmwareItem>();

export const PAGE = 100;
const LEAST_MS = 1_500;
const AGAIN_MS = 5_000;

export function campaignQuery(id: string) {
  return queryOptions({
    queryKey: ["firmware", "campaign", id],
    queryFn: async ({ signal }): Promise<Edited<Campaign>> =>
      editedOf(await getFirmwareCampaign({ path: { campaign_id: id }, signal, throwOnError: true })),
    staleTime: 0,
  });
}

export function imageQuery(id: string) {
  return queryOptions({
    queryKey: ["firmware", "image", id],
    queryFn: async ({ signal }): Promise<Edited<FirmwareItem>> =>
      editedOf(await getFirmware({ path: { firmware_id: id }, signal, throwOnError: true })),
  });
}

/** The newest, or those that a search finds. */
export function imagesQuery(q: string) {
  return queryOptions({
    queryKey: ["firmware", "choose", q],
    queryFn: async ({ signal }) =>
      (await listFirmware({ query: { limit: PAGE, ...(q && { q }) }, signal, throwOnError: true })).data.items,
  });
}

/** How many chargers a filter names exactly; nothing is sent. */
export function countQuery(filter: Filter) {
  return queryOptions({
    queryKey: ["firmware", "count", filter],
    queryFn: async ({ signal }): Promise<number> => {
      const command = { type: "trigger_message", message: "heartbeat" } as const;
      const { data } = await createBulkCommand({
        body: { filter, command, dry_run: true },
        signal,
        throwOnError: true,
      });
      return data.total;
    },
    staleTime: 0,
  });
}

export function firmwareChanged(deleted?: string): void {
  outdate("firmware", deleted);
}

/** What is shown is read again when a campaign went on, and now and then while one is under way. */
export function useLiveCampaigns(isAlive: boolean): void {
  const isPaused = useLive(({ paused }) => paused);
  useEffect(() => {
    if (isPaused) return;
    const read = () => {
      for (const part of ["campaign", "campaigns", "chargers"])
        void queries.invalidateQueries({ queryKey: ["firmware", part] });
    };
    const again = throttled(read, LEAST_MS);
    const deaf = hear(["campaign_changed"], again.call);
    const synced = onResync(again.call);
    const timer = isAlive ? setInterval(again.call, AGAIN_MS) : undefined;
    return () => {
      deaf();
      synced();
      again.stop();
      clearInterval(timer);
    };
  }, [isAlive, isPaused]);
}

export interface ImageWords {
  name: string;
  version?: string;
  vendor?: string;
  model?: string;
  notes?: string;
}

/** By XMLHttpRequest: fetch does not tell how much of a body is sent. */
export function uploadImage(
  file: File,
  words: ImageWords,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<FirmwareItem> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", apiPath("/api/v1/firmware", { ...words }));
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    const { role } = usePreview.getState();
    if (role) request.setRequestHeader(PREVIEW_HEADER, role.key);
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("load", () => {
      const body = (request.response ?? {}) as Record<string, unknown>;
      if (request.status === 201) done(body as unknown as FirmwareItem);
      else fail(new Problem(request.status, body));
    });
    request.addEventListener("error", () => fail(new Problem(0, {})));
    request.addEventListener("abort", () => fail(new DOMException("Aborted", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
