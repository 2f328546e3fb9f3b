// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Keeps what somebody chose for themselves on the server too. Without a connection it waits in this browser. */
import { getMyPreferences, updateMyPreferences } from "@/api/sdk.gen";
import type { PreferencesUpdate } from "@/api/types.gen";
import { useAppearance } from "@/lib/appearance";
import { useDocuments } from "@/lib/documents";
import {
  appearanceOf,
  bodyOf,
  changedDocuments,
  changeOf,
  documentsOf,
  merged,
  siteIn,
  type Waiting,
} from "@/lib/preferences";
import { problemOf } from "@/lib/problems";
import { useScope } from "@/lib/scope";

const KEY = "csms.preferences.waiting";
const PAUSE_MS = 800;
const AGAIN_MS = 30_000;

function waitingOf(user: string): PreferencesUpdate {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Waiting | null;
    return found?.user === user ? found.body : {};
  } catch {
    return {}; // shut off or spoilt: nothing waits
  }
}

function keepWaiting(user: string, body: PreferencesUpdate): void {
  try {
    if (Object.keys(body).length) localStorage.setItem(KEY, JSON.stringify({ user, body } satisfies Waiting));
    else localStorage.removeItem(KEY);
  } catch {
    // it holds until this page is closed
  }
}

/** From the server now, and to it whenever something changes; the answer ends that. */
export function followPreferences(user: string): () => void {
  let waiting = waitingOf(user);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let isTaking = false;
  /** Whether the server has anything of this user: the first time all is sent. */
  let isKnown = true;
  const later = (milliseconds: number): void => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(() => void send(), milliseconds);
  };
  const send = async (): Promise<void> => {
    if (!Object.keys(waiting).length) return;
    const body = isKnown ? waiting : merged(bodyOf(useAppearance.getState()), waiting);
    waiting = {};
    try {
      await updateMyPreferences({ body, throwOnError: true });
      isKnown = true;
      keepWaiting(user, waiting);
    } catch (error) {
      const { status } = problemOf(error);
      // what the server refuses (too large, say) would be refused again: it holds here only
      const isLater = status === 0 || status === 401 || status === 429 || status >= 500;
      if (!isLater) return keepWaiting(user, waiting);
      waiting = merged(body, waiting);
      if (status !== 401) later(AGAIN_MS);
    }
  };
  const add = (change: PreferencesUpdate): void => {
    if (isTaking || !Object.keys(change).length) return;
    waiting = merged(waiting, change);
    keepWaiting(user, waiting);
    later(PAUSE_MS);
  };
  const stops = [
    useAppearance.subscribe((now, before) => add(changeOf(bodyOf(before), bodyOf(now)))),
    useDocuments.subscribe((now, before) => {
      const documents = changedDocuments(before.documents, now.documents);
      if (Object.keys(documents).length) add({ documents });
    }),
    useScope.subscribe(({ site }, before) => {
      if (site !== before.site) add({ scope: site === null ? null : { site_id: site } });
    }),
  ];
  const online = (): void => later(0);
  addEventListener("online", online);
  const take = async (): Promise<void> => {
    const { data: kept } = await getMyPreferences({ throwOnError: true });
    if (isOver) return;
    isKnown = kept.updated_at !== null;
    isTaking = true;
    if (isKnown) useAppearance.getState().change(appearanceOf(kept, waiting));
    useDocuments.setState({ documents: documentsOf(kept, waiting) });
    useScope.getState().choose(user, siteIn(kept, waiting));
    isTaking = false;
    later(0);
  };
  void take().catch(() => later(AGAIN_MS));
  return () => {
    isOver = true;
    clearTimeout(timer);
    removeEventListener("online", online);
    for (const stop of stops) stop();
  };
}
