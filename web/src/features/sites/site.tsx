// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One site: where it is, when it is open, what is there. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChartColumn, Pencil, PlugZap } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Charger, Site } from "@/api/types.gen";
import {
  siteChargersQuery,
  sitePath,
  siteQuery,
  sitesChanged,
  sitesQuery,
  useLiveChargers,
} from "@/features/sites/api";
import type { Asked } from "@/features/sites/dialogs";
import { OpeningHours } from "@/features/sites/hours";
import { actionsOf } from "@/features/sites/list";
import { chargerFamily, hoursOf } from "@/features/sites/model";
import styles from "@/features/sites/sites.module.css";
import {
  Ago,
  AwaitedPage,
  Button,
  Card,
  Columns,
  EmptyState,
  ErrorState,
  KeyValue,
  LinkButton,
  Loading,
  MenuButton,
  Page,
  Skeleton,
  StatusBadge,
  Table,
  TextLink,
  type Fact,
} from "@/kit";
import { useAppearance } from "@/lib/appearance";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/sites/$id");
const Dialogs = lazy(() => import("@/features/sites/dialogs").then((file) => ({ default: file.SiteDialogs })));
const READ = "site:site:read";

export function SitePage() {
  const { t } = useTranslation("sites");
  const { id } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...siteQuery(id), enabled: may(READ) });
  if (query.data) return <One site={query.data.item} />;
  return <AwaitedPage title={t("one")} list={{ label: t("title"), to: "/sites" }} permission={READ} query={query} />;
}

function One({ site }: { site: Site }) {
  const { t } = useTranslation("sites");
  const may = useMay();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const all = useQuery(sitesQuery).data?.sites ?? [];
  const inside = all.filter(({ parent_id: above }) => above === site.id);
  const above = site.path
    .slice(0, -1)
    .flatMap((id) => all.find((each) => each.id === id) ?? [])
    .map(({ id, name }) => ({ label: name, to: sitePath(id) }));
  const menu = actionsOf({ site, hasChildren: inside.length > 0 }, t, setAsked).filter(({ id }) => id !== "edit");
  return (
    <Page
      title={site.name}
      breadcrumbs={[{ label: t("title"), to: "/sites" }, ...above, { label: site.name }]}
      actions={
        <>
          {may("report:report:read") && (
            <LinkButton to={appPath("/reports", { site: site.id })} icon={<ChartColumn aria-hidden />}>
              {t("actions.report")}
            </LinkButton>
          )}
          {may("site:site:write") && (
            <>
              <Button icon={<Pencil aria-hidden />} onPress={() => setAsked({ kind: "edit", id: site.id })}>
                {t("actions.edit")}
              </Button>
              <MenuButton isIconOnly variant="secondary" label={t("actions.more")} items={menu} />
            </>
          )}
        </>
      }
    >
      <Columns>
        <Where site={site} />
        <Card title={t("form.hours")} description={site.time_zone ?? t("inheritedZone")}>
          <OpeningHours hours={hoursOf(site)} />
        </Card>
      </Columns>
      {inside.length > 0 && <Inside sites={inside} />}
      {may("charger:charger:read") && <Chargers site={site} sites={all} />}
      {asked && (
        <Suspense>
          <Dialogs
            asked={asked}
            onClose={() => setAsked(null)}
            onDeleted={() => void navigate({ to: "/sites" }).then(() => sitesChanged())}
          />
        </Suspense>
      )}
    </Page>
  );
}

function Where({ site }: { site: Site }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const language = useAppearance((state) => state.language);
  const { latitude, longitude, country } = site;
  const town = [site.postal_code, site.city].filter(Boolean).join(" ");
  const facts: Fact[] = [
    { label: t("form.street"), value: site.street },
    { label: t("form.city"), value: town },
    {
      label: t("form.country"),
      value: country && new Intl.DisplayNames(language, { type: "region" }).of(country),
    },
    {
      label: t("coordinates"),
      value: latitude !== null && longitude !== null && `${format.number(latitude, 6)}; ${format.number(longitude, 6)}`,
    },
    { label: t("columns.chargers"), value: format.number(site.chargers) },
    { label: t("changed"), value: format.dateTime(site.updated_at) },
    { label: t("form.note"), value: site.note, isWide: true },
  ];
  return (
    <Card title={t("where")}>
      <KeyValue items={facts.map((fact) => ({ ...fact, value: fact.value || null }))} />
    </Card>
  );
}

function Inside({ sites }: { sites: Site[] }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  return (
    <Card title={t("inside")} isFlush>
      <Table
        label={t("inside")}
        rows={sites}
        rowId={({ id }) => id}
        columns={[
          {
            id: "name",
            label: t("columns.name"),
            render: ({ id, name }) => <TextLink to={sitePath(id)}>{name}</TextLink>,
            sortValue: ({ name }) => name,
          },
          {
            id: "chargers",
            label: t("columns.chargers"),
            align: "end",
            render: ({ chargers }) => format.number(chargers),
            sortValue: ({ chargers }) => chargers,
          },
        ]}
      />
    </Card>
  );
}

function Chargers({ site, sites }: { site: Site; sites: Site[] }) {
  const { t } = useTranslation("sites");
  useLiveChargers(site.id);
  const { data, error, refetch } = useQuery(siteChargersQuery(site.id));
  const nameOf = ({ site_id: id }: Charger) => sites.find((each) => each.id === id)?.name ?? "–";
  const list = appPath("/chargers", { site_id: [site.id] });
  return (
    <Card
      title={t("columns.chargers")}
      isFlush={Boolean(data?.items.length)}
      actions={<TextLink to={list}>{t("actions.list")}</TextLink>}
    >
      {data ? (
        <>
          <Table
            label={t("columns.chargers")}
            rows={data.items}
            rowId={({ id }) => id}
            empty={
              <EmptyState
                isCompact
                icon={<PlugZap aria-hidden />}
                title={t("noChargers.title")}
                text={t("noChargers.text")}
              />
            }
            columns={[
              {
                id: "id",
                label: t("charger.id"),
                render: ({ id, name }) => (
                  <>
                    <TextLink to={`/chargers/${encodeURIComponent(id)}`}>{id}</TextLink>{" "}
                    {name && <span className="soft">{name}</span>}
                  </>
                ),
                sortValue: ({ id }) => id,
              },
              {
                id: "status",
                label: t("charger.status"),
                render: (charger) => <StatusBadge size="sm" family={chargerFamily(charger)} />,
                sortValue: chargerFamily,
              },
              { id: "site", label: t("one"), render: nameOf, sortValue: nameOf },
              {
                id: "heard",
                label: t("charger.heard"),
                render: ({ last_heartbeat: at }) => (at ? <Ago at={at} zone={site.time_zone} /> : "–"),
                sortValue: ({ last_heartbeat: at }) => at,
              },
            ]}
          />
          {data.next_cursor !== null && <p className={styles.more}>{t("noChargers.part")}</p>}
        </>
      ) : error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <Skeleton variant="block" height="8rem" />
        </Loading>
      )}
    </Card>
  );
}
