// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Into the app as a role sees it, and back. */
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";

import { meQuery } from "@/lib/me";
import { usePreview, type PreviewedRole } from "@/lib/preview";
import { queries } from "@/lib/queries";

/** Begins it; null ends it. What was read before is forgotten: it was read with other rights. */
export function usePreviewAs(): (role: PreviewedRole | null) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(
    async (role) => {
      const before = usePreview.getState().role;
      usePreview.setState({ role });
      await queries.cancelQueries();
      try {
        await queries.fetchQuery({ ...meQuery, staleTime: 0 });
      } catch (error) {
        usePreview.setState({ role: before });
        throw error;
      }
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] });
      await navigate({ to: role ? "/" : `/roles/${encodeURIComponent(before?.key ?? "")}` });
    },
    [navigate],
  );
}
