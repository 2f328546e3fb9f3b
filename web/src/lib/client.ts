// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How the generated client talks to the server: same origin, by cookie; refusals are Problems. */
import { client } from "@/api/client.gen";
import { previewed } from "@/lib/preview";
import { Problem } from "@/lib/problems";
import { useSession } from "@/lib/session";

const DEADLINE_MS = 90_000; // a command may be waited for during 60 s
/** Of all that is answered by 401 these say that there is no session; the others, that what was shown is wrong. */
const SESSION_OVER = new Set(["unauthorized", "invalid_token"]);

/** Called once, before anything is asked. */
export function startApi(): void {
  client.setConfig({
    baseUrl: "",
    credentials: "same-origin",
    throwOnError: true,
    fetch: (input, init) => {
      const signal = (input instanceof Request ? input.signal : init?.signal) ?? undefined;
      const deadline = AbortSignal.timeout(DEADLINE_MS);
      return fetch(input instanceof Request ? previewed(input) : input, {
        ...init,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
    },
  });
  client.interceptors.error.use((error, response) => {
    const body = typeof error === "object" && error !== null && !(error instanceof Error) ? error : {};
    const problem = new Problem(response?.status ?? 0, body as Record<string, unknown>, response?.headers);
    if (SESSION_OVER.has(problem.code)) useSession.getState().lose();
    return problem;
  });
}
