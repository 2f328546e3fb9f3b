// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How csms is, and how it is set up. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, type ComponentType, type LazyExoticComponent } from "react";
import { useTranslation } from "react-i18next";

import { settingsQuery } from "@/features/system/api";
import { TABS, type SystemTab } from "@/features/system/search";
import { Loading, NoPermission, Page, Skeleton, Tabs } from "@/kit";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/system");
const READ = "system:settings:read";

/** What only the first organization looks after: the whole installation's. */
const WHOLE: readonly SystemTab[] = ["load", "retention", "flags"];

/** What has to be allowed: any of these. */
const NEEDS: Readonly<Record<SystemTab, readonly string[]>> = {
  health: [READ],
  load: [READ],
  settings: [READ],
  retention: [READ],
  flags: ["system:flag:read"],
  branding: [READ],
  mail: ["notification:channel:read"],
  privacy: ["privacy:person:export", "privacy:person:erase"],
  requests: ["system:request:read"],
};

const PANELS: Readonly<Record<SystemTab, LazyExoticComponent<ComponentType>>> = {
  health: lazy(async () => ({ default: (await import("@/features/system/health")).Health })),
  load: lazy(async () => ({ default: (await import("@/features/system/load")).Load })),
  settings: lazy(async () => ({ default: (await import("@/features/system/settings")).Settings })),
  retention: lazy(async () => ({ default: (await import("@/features/system/retention")).Retention })),
  flags: lazy(async () => ({ default: (await import("@/features/system/flags")).Flags })),
  branding: lazy(async () => ({ default: (await import("@/features/system/branding")).Branding })),
  mail: lazy(async () => ({ default: (await import("@/features/system/mail")).Mail })),
  privacy: lazy(async () => ({ default: (await import("@/features/system/privacy")).Privacy })),
  requests: lazy(async () => ({ default: (await import("@/features/system/requests")).Requests })),
};

export function SystemPage() {
  const { t } = useTranslation("system");
  const may = useMay();
  const navigate = route.useNavigate();
  const { tab } = route.useSearch();
  const sections = useQuery({ ...settingsQuery, enabled: may(READ) }).data;
  const isFirst = sections?.some(({ section }) => section === "retention") ?? true;
  const shown = TABS.filter((each) => NEEDS[each].some(may) && (isFirst || !WHOLE.includes(each)));
  const selected = tab ?? shown[0];
  const missing = selected && !shown.includes(selected) ? NEEDS[selected][0] : undefined;
  const Panel = selected && PANELS[selected];
  return (
    <Page title={t("title")}>
      {!Panel || missing ? (
        <NoPermission permission={missing ?? READ} />
      ) : (
        <Tabs<SystemTab>
          label={t("title")}
          items={shown.map((id) => ({ id, label: t(`tabs.${id}`) }))}
          selected={selected}
          onChange={(next) => void navigate({ search: { tab: next } })}
        >
          <Suspense
            fallback={
              <Loading>
                <Skeleton variant="block" height="14rem" />
              </Loading>
            }
          >
            <Panel />
          </Suspense>
        </Tabs>
      )}
    </Page>
  );
}
