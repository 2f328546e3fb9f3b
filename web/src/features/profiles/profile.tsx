// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One charging profile: what it allows when, and which chargers have it. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Pencil, PlugZap, Send } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listChargingProfileChargers } from "@/api/sdk.gen";
import type { GivenProfile } from "@/api/types.gen";
import { profileQuery, profilesChanged, READ, SEND, WRITE } from "@/features/profiles/api";
import { ProfileChart } from "@/features/profiles/chart";
import { rangeText, type Asked } from "@/features/profiles/list";
import { clockOf, type Item } from "@/features/profiles/model";
import {
  AwaitedPage,
  Button,
  Card,
  Columns,
  DataGrid,
  deletion,
  EmptyState,
  KeyValue,
  MenuButton,
  Page,
  Table,
  type Fact,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { Rows } from "@/lib/rows";

const route = getRouteApi("/signed-in/charging-profiles/$profileId");
const Dialogs = lazy(() => import("@/features/profiles/dialogs").then((file) => ({ default: file.ProfileDialogs })));
const Clear = lazy(() => import("@/features/profiles/clear").then((file) => ({ default: file.ClearProfile })));
const CompositeDialog = lazy(() =>
  import("@/features/profiles/composite").then((file) => ({ default: file.CompositeDialog })),
);
const givenRows = new Rows<GivenProfile>();
const PAGE = 100;

function chargerPath({ charger_id: id }: GivenProfile): string {
  return `/chargers/${encodeURIComponent(id)}`;
}

export function ProfilePage() {
  const { t } = useTranslation("profiles");
  const { profileId } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...profileQuery(profileId), enabled: may(READ) });
  if (query.data) return <One item={query.data.item} />;
  return (
    <AwaitedPage
      title={t("one")}
      list={{ label: t("title"), to: "/charging-profiles" }}
      permission={READ}
      query={query}
    />
  );
}

function One({ item }: { item: Item }) {
  const { t } = useTranslation("profiles");
  const may = useMay();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = (kind: Asked["kind"]) => () => setAsked({ kind, id: item.id });
  const isOfTransaction = item.profile.purpose === "tx_profile";
  return (
    <Page
      title={item.name}
      description={item.description}
      breadcrumbs={[{ label: t("title"), to: "/charging-profiles" }, { label: item.name }]}
      actions={
        <>
          {may(SEND) && !isOfTransaction && (
            <Button variant="primary" icon={<Send aria-hidden />} onPress={ask("send")}>
              {t("actions.send")}
            </Button>
          )}
          {may(WRITE) && (
            <>
              <Button icon={<Pencil aria-hidden />} onPress={ask("edit")}>
                {t("actions.edit")}
              </Button>
              <MenuButton
                label={t("actions.more")}
                isIconOnly
                variant="secondary"
                items={[deletion(t("actions.delete"), ask("delete"))]}
              />
            </>
          )}
        </>
      }
    >
      <Columns>
        <Card title={t("chart.limit")}>
          <ProfileChart profile={item.profile} />
        </Card>
        <Facts item={item} />
      </Columns>
      <Periods item={item} />
      {may("charger:charger:read") && <Given item={item} onSend={may(SEND) && !isOfTransaction ? ask("send") : null} />}
      {asked && (
        <Suspense>
          <Dialogs
            asked={asked}
            onClose={() => setAsked(null)}
            onDeleted={() => void navigate({ to: "/charging-profiles" }).then(() => profilesChanged())}
          />
        </Suspense>
      )}
    </Page>
  );
}

function Facts({ item }: { item: Item }) {
  const { t } = useTranslation("profiles");
  const format = useFormat();
  const { profile } = item;
  const [schedule] = profile.schedules;
  const facts: Fact[] = [
    { label: t("columns.purpose"), value: t(`purposes.${profile.purpose}`), isWide: true },
    { label: t("columns.kind"), value: t(`kinds.${profile.kind}`) },
    { label: t("form.recurrency"), value: profile.recurrency && t(`recurrency.${profile.recurrency}`) },
    { label: t("columns.stack"), value: format.number(profile.stack_level) },
    { label: t("columns.limit"), value: rangeText(item, format) },
    { label: t("form.startAt"), value: schedule?.start_at && format.exact(schedule.start_at) },
    { label: t("form.duration"), value: schedule?.duration_s != null && format.duration(schedule.duration_s) },
    { label: t("form.validFrom"), value: profile.valid_from && format.exact(profile.valid_from) },
    { label: t("form.validTo"), value: profile.valid_to && format.exact(profile.valid_to) },
    { label: t("columns.updated"), value: format.dateTime(item.updated_at) },
  ];
  return (
    <Card title={t("facts")}>
      <KeyValue items={facts.filter(({ value }) => value !== null && value !== undefined && value !== false)} />
    </Card>
  );
}

function Periods({ item: { profile } }: { item: Item }) {
  const { t } = useTranslation("profiles");
  const format = useFormat();
  return profile.schedules.map((schedule, index) => (
    <Card
      key={schedule.id ?? index}
      title={profile.schedules.length > 1 ? t("periods.nth", { number: index + 1 }) : t("periods.title")}
      isFlush
    >
      <Table
        label={t("periods.title")}
        rows={schedule.periods}
        rowId={({ start_s: start }) => String(start)}
        columns={[
          { id: "start", label: t("periods.start"), render: ({ start_s: start }) => clockOf(start) },
          {
            id: "limit",
            label: t("chart.limit"),
            align: "end",
            render: ({ limit }) =>
              limit == null ? "–" : schedule.unit === "A" ? format.current(limit) : format.power(limit),
          },
          {
            id: "phases",
            label: t("periods.phases"),
            align: "end",
            render: ({ number_phases: phases }) => (phases == null ? "–" : format.number(phases)),
          },
        ]}
      />
    </Card>
  ));
}

interface Wanted {
  kind: "clear" | "composite";
  given: GivenProfile;
}

function Given({ item, onSend }: { item: Item; onSend: (() => void) | null }) {
  const { t } = useTranslation("profiles");
  const format = useFormat();
  const may = useMay();
  const navigate = route.useNavigate();
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const path = { profile_id: item.id };
  const list = useServerList<GivenProfile>({
    queryKey: ["profiles", "given", item.id],
    rows: givenRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) =>
      (await listChargingProfileChargers({ path, query: { limit: PAGE, cursor }, signal, throwOnError: true })).data,
  });
  const columns = useMemo(
    (): GridColumn<GivenProfile>[] => [
      { id: "charger", label: t("given.charger"), width: 180, render: ({ charger_id: id }) => id },
      {
        id: "evse",
        label: t("given.evse"),
        width: 120,
        render: ({ evse_id: evse }) => (evse === 0 ? t("given.whole") : format.number(evse)),
      },
      {
        id: "number",
        label: t("given.number"),
        width: 130,
        align: "end",
        render: ({ profile_id: number }) => String(number),
      },
      { id: "installed", label: t("given.since"), width: 184, render: ({ installed_at: at }) => format.dateTime(at) },
    ],
    [t, format],
  );
  const actions = (given: GivenProfile): MenuAction[] => {
    const found: (MenuAction | false)[] = [
      { id: "open", label: t("given.open"), to: chargerPath(given) },
      may("charger:command:send") && {
        id: "composite",
        label: t("composite.action"),
        onAction: () => setWanted({ kind: "composite", given }),
      },
      may(SEND) && {
        id: "clear",
        label: t("clear.action"),
        onAction: () => setWanted({ kind: "clear", given }),
        isDanger: true,
        startsGroup: true,
      },
    ];
    return found.filter((each) => each !== false);
  };
  return (
    <Card title={t("given.title")} description={t("given.text")}>
      <DataGrid<GivenProfile>
        label={t("given.title")}
        columns={columns}
        {...list.grid}
        height="min(24rem, 60vh)"
        rowName={({ charger_id: id }) => id}
        onOpen={(id) => {
          const given = givenRows.get(id);
          if (given) void navigate({ to: chargerPath(given) });
        }}
        href={chargerPath}
        actions={actions}
        empty={
          <EmptyState
            isCompact
            icon={<PlugZap aria-hidden />}
            title={t("given.empty")}
            action={onSend && <Button onPress={onSend}>{t("actions.send")}</Button>}
          />
        }
      />
      {wanted && (
        <Suspense>
          {wanted.kind === "clear" ? (
            <Clear given={wanted.given} name={item.name} onClose={() => setWanted(null)} />
          ) : (
            <CompositeDialog
              charger={wanted.given.charger_id}
              evse={wanted.given.evse_id}
              onClose={() => setWanted(null)}
            />
          )}
        </Suspense>
      )}
    </Card>
  );
}
