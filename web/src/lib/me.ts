// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who is signed in, and what they may do. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";

import { getMe } from "@/api/sdk.gen";
import type { Me } from "@/api/types.gen";
import { useSession } from "@/lib/session";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }): Promise<Me> => {
    const { data } = await getMe({ signal, throwOnError: true });
    useSession.getState().begin();
    return data;
  },
  staleTime: 60_000,
});

export function useMe(): Me | undefined {
  return useQuery({ ...meQuery, enabled: useSession((state) => state.signedIn) }).data;
}

/** Whether a permission holds somewhere at least; an item's own `can` says whether it holds for that one. */
export function useMay(): (permission: string) => boolean {
  const me = useMe();
  return useCallback((permission) => me?.permissions.includes(permission) ?? false, [me]);
}
