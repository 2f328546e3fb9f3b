// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The views of a list: opened, saved, and looked after. */
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Bookmark, BookmarkPlus, Check, Settings2, Star, Users } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { listViews } from "@/api/sdk.gen";
import type { View } from "@/api/types.gen";
import { useDocuments } from "@/lib/documents";
import { bareSearch, useScope } from "@/lib/scope";
import { appPath } from "@/lib/search";

import { MenuButton, type MenuAction } from "./menu";
import type { SavedViewsProps } from "./saved-views";
import { isSameSearch, searchOf, viewsKey } from "./views";

const Dialogs = lazy(() => import("./views-dialogs").then((file) => ({ default: file.ViewsDialogs })));
const MOST = 100;
/** Which view a screen begins with, by the name of the screen. */
export const DEFAULTS = "views";

export function ViewsMenu(props: SavedViewsProps) {
  const { screen, path, search } = props;
  const { t } = useTranslation("views");
  const [asked, setAsked] = useState<"save" | "manage" | null>(null);
  const { data: views } = useQuery({
    queryKey: viewsKey(screen),
    queryFn: async ({ signal }) =>
      (
        await listViews({
          query: { screen: [screen], limit: MOST },
          signal,
          throwOnError: true,
        })
      ).data.items,
    staleTime: 60_000,
  });
  const usual = useDocuments(({ documents }) => documents[DEFAULTS]?.[screen]);
  useBeginning(props, views, usual);
  const active = views?.find((view) => isSameSearch(searchOf(view), search));
  const items: MenuAction[] = [
    ...(views ?? []).map((view): MenuAction => {
      const note =
        view.id === usual ? t("usual") : view.shared && !view.mine ? t("of", { name: view.owner }) : undefined;
      const Icon = view === active ? Check : view.id === usual ? Star : view.shared ? Users : Bookmark;
      return {
        id: view.id,
        label: view.name,
        description: note,
        icon: <Icon aria-hidden />,
        to: appPath(path, searchOf(view)),
      };
    }),
    {
      id: "save",
      label: t("save"),
      icon: <BookmarkPlus aria-hidden />,
      startsGroup: Boolean(views?.length),
      isDisabled: active?.mine,
      reason: t("isSaved"),
      onAction: () => setAsked("save"),
    },
    ...(views?.length
      ? [
          {
            id: "manage",
            label: t("manage"),
            icon: <Settings2 aria-hidden />,
            onAction: () => setAsked("manage"),
          },
        ]
      : []),
  ];
  return (
    <>
      <MenuButton
        label={active?.name ?? t("label")}
        icon={<Bookmark aria-hidden />}
        size="sm"
        placement="bottom start"
        items={items}
      />
      {asked && (
        <Suspense>
          <Dialogs {...props} asked={asked} views={views ?? []} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </>
  );
}

/**
 * Whoever comes to the bare screen sees the view that they chose to begin with, of their site if they chose one.
 * Clearing the filters later shows all.
 */
function useBeginning(
  { path, search, isBare }: SavedViewsProps,
  views: readonly View[] | undefined,
  usual: unknown,
): void {
  const router = useRouter();
  const site = useScope((chosen) => chosen.site);
  const bare = useMemo(() => (isBare ? {} : bareSearch(path, { ...search }, site)), [isBare, path, search, site]);
  const isWaiting = useRef(bare !== undefined);
  const wanted = views?.find(({ id }) => id === usual);
  useEffect(() => {
    if (!isWaiting.current || !views) return;
    isWaiting.current = false;
    if (bare && wanted) router.history.replace(appPath(path, { ...bare, ...searchOf(wanted) }));
  }, [bare, views, wanted, path, router]);
}
