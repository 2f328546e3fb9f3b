// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Out, here and on the server; nothing of what was read stays in the browser. */
import { useRouter } from "@tanstack/react-router";
import { useCallback } from "react";

import { logout } from "@/api/sdk.gen";
import { toast } from "@/kit/toast";
import { usePreview } from "@/lib/preview";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";
import { useSession } from "@/lib/session";

export function useSignOut(): () => void {
  const router = useRouter();
  return useCallback(() => {
    void logout({ throwOnError: true }).then(
      async () => {
        useSession.getState().end();
        usePreview.setState({ role: null });
        queries.clear();
        await router.navigate({ to: "/sign-in" });
      },
      (error: unknown) => toast({ tone: "danger", title: problemOf(error).message }),
    );
  }, [router]);
}
