// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What whoever has a role sees until they make dashboards of their own: read, set, and said in words. */
import { queryOptions } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import { getDashboardDefault, listDashboardDefaults, setDashboardDefault } from "@/api/sdk.gen";
import type { DashboardDefault, DashboardLayout } from "@/api/types.gen";
import { queries } from "@/lib/queries";
import { editedOf, type Edited } from "@/lib/edited";

export const SETS_DEFAULTS = "dashboard:default:change";
/** As many as the API keeps for a role. */
export const MOST_GIVEN = 10;
const KEY = ["dashboard-defaults"];
const MOST_ROLES = 500;

/** Null where nobody set any. */
export function defaultQuery(role: string) {
  return queryOptions({
    queryKey: [...KEY, role],
    queryFn: async ({ signal }): Promise<Edited<DashboardDefault> | null> => {
      const { data } = await listDashboardDefaults({ query: { limit: MOST_ROLES }, signal, throwOnError: true });
      if (!data.items.some((each) => each.role === role)) return null;
      return editedOf(await getDashboardDefault({ path: { key: role }, signal, throwOnError: true }));
    },
  });
}

export function defaultsChanged(): void {
  void queries.invalidateQueries({ queryKey: KEY });
  void queries.invalidateQueries({ queryKey: ["overview", "dashboards"] });
}

/** `etag`: of what it takes the place; null: of nothing. */
export async function giveDashboards(role: string, dashboards: DashboardLayout[], etag: string | null): Promise<void> {
  await setDashboardDefault({
    path: { key: role },
    body: { dashboards },
    headers: { "if-match": etag ?? "" },
    throwOnError: true,
  });
  defaultsChanged();
}

/** In one line each: Overview: Online (S), Needs attention (L). */
export function useDashboardWords(): (dashboards: readonly DashboardLayout[]) => string[] {
  const { t } = useTranslation("overview");
  return useCallback(
    (dashboards) =>
      dashboards.map(({ name, widgets = [] }) => {
        const words = widgets.map(
          ({ kind, size, title }) => `${title ?? t(`widgets.${kind}`, { defaultValue: kind })} (${size})`,
        );
        return t("default.words", { name, widgets: words.join(", ") || "–" });
      }),
    [t],
  );
}
