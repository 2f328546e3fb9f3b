// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One widget, whichever it is. */
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";

import { useListPath } from "@/features/overview/data";
import { TILES, type Kind, type Placed } from "@/features/overview/layout";
import { Connectors, NeedsAttention, RecentSessions } from "@/features/overview/lists";
import { Tile } from "@/features/overview/tiles";
import { Card, Loading, Skeleton, TextLink } from "@/kit";

const Power = lazy(() => import("@/features/overview/charts").then((file) => ({ default: file.Power })));
const Utilisation = lazy(() => import("@/features/overview/charts").then((file) => ({ default: file.Utilisation })));

const Where = lazy(() => import("@/features/overview/map").then((file) => ({ default: file.Where })));

const BODIES: Partial<Record<Kind, () => React.ReactNode>> = {
  connectors: () => <Connectors />,
  attention: () => <NeedsAttention />,
  recent: () => <RecentSessions />,
  power: () => <Power />,
  heatmap: () => <Utilisation />,
  map: () => <Where />,
};

/** To the whole of what is shown in part. */
const MORE: Partial<Record<Kind, string>> = {
  attention: "/sessions?tab=attention",
  recent: "/sessions",
  power: "/reports?kind=energy",
  heatmap: "/reports?kind=utilisation",
  map: "/map",
};

export function WidgetView({ placed: { kind, widget } }: { placed: Placed }) {
  const { t } = useTranslation("overview");
  const wayTo = useListPath();
  const title = widget.title ?? t(`widgets.${kind}`);
  if (TILES.has(kind)) return <Tile kind={kind} title={title} />;
  const more = MORE[kind];
  return (
    <Card title={title} actions={more && <TextLink to={wayTo(more)}>{t(`more.${kind}`)}</TextLink>}>
      <Suspense
        fallback={
          <Loading>
            <Skeleton variant="block" height="15rem" />
          </Loading>
        }
      >
        {BODIES[kind]?.()}
      </Suspense>
    </Card>
  );
}
