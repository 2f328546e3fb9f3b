// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** When the session ended while somebody was at work: they come back in a dialog, and what they typed stays. */
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";

import { meQuery } from "@/lib/me";
import { useSession } from "@/lib/session";

const AgainDialog = lazy(async () => ({ default: (await import("./again-dialog")).AgainDialog }));

export function SignInAgain() {
  const lost = useSession((state) => state.lost);
  const queries = useQueryClient();
  useEffect(() => {
    if (!lost) return;
    // in another tab, they may be in already
    const look = () => {
      if (document.visibilityState !== "visible") return;
      queries.fetchQuery({ ...meQuery, staleTime: 0 }).then(
        () => queries.invalidateQueries(),
        () => undefined,
      );
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [lost, queries]);
  if (!lost) return null;
  return (
    <Suspense>
      <AgainDialog />
    </Suspense>
  );
}
