// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One tag: whose it is, what it may, where it charges, which chargers know it by themselves. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Ban, CircleCheck, Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { getDriver, listTransactions } from "@/api/sdk.gen";
import type { Token } from "@/api/types.gen";
import { listsQuery, tagQuery, tagsChanged } from "@/features/tags/api";
import type { Asked } from "@/features/tags/list";
import styles from "@/features/tags/tags.module.css";
import { TagStatus } from "@/features/tags/parts";
import {
  Ago,
  AwaitedPage,
  Button,
  Card,
  Columns,
  deletion,
  EmptyState,
  ErrorState,
  KeyValue,
  MenuButton,
  Page,
  Skeleton,
  Table,
  TextLink,
  type Fact,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/tags/$tagId");
const Dialogs = lazy(() => import("@/features/tags/dialogs").then((file) => ({ default: file.TagDialogs })));
const READ = "token:token:read";
const FEW = 8;

export function TagPage() {
  const { t } = useTranslation("tags");
  const { tagId } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...tagQuery(tagId), enabled: may(READ) });
  if (query.data) return <Tag tag={query.data.item} />;
  return (
    <AwaitedPage title={t("one.title")} list={{ label: t("title"), to: "/tags" }} permission={READ} query={query} />
  );
}

function Tag({ tag }: { tag: Token }) {
  const { t } = useTranslation("tags");
  const may = useMay();
  const navigate = route.useNavigate();
  const mayUpdate = tag.can?.update_token ?? may("token:token:update");
  // from elsewhere one comes to be asked at once
  const { ask: fromElsewhere } = route.useSearch();
  const [pressed, setAsked] = useState<Asked | null>(null);
  const asked = pressed ?? (fromElsewhere && mayUpdate ? { kind: fromElsewhere, id: tag.id } : null);
  const ask = (kind: Asked["kind"]) => () => setAsked({ kind, id: tag.id });
  const leave = () => {
    setAsked(null);
    if (fromElsewhere) void navigate({ search: {}, replace: true });
  };
  const isBlocked = tag.status === "blocked";
  const deleted = () => void navigate({ to: "/tags" }).then(() => tagsChanged());
  return (
    <Page
      title={tag.value}
      status={<TagStatus tag={tag} />}
      breadcrumbs={[{ label: t("title"), to: "/tags" }, { label: tag.value }]}
      actions={
        <>
          {mayUpdate && (
            <Button
              variant={isBlocked ? "primary" : "danger"}
              icon={isBlocked ? <CircleCheck aria-hidden /> : <Ban aria-hidden />}
              onPress={ask(isBlocked ? "unblock" : "block")}
            >
              {t(isBlocked ? "actions.unblock" : "actions.block")}
            </Button>
          )}
          {mayUpdate && (
            <Button icon={<Pencil aria-hidden />} onPress={ask("edit")}>
              {t("actions.edit")}
            </Button>
          )}
          {(tag.can?.delete_token ?? may("token:token:delete")) && (
            <MenuButton
              label={t("actions.more")}
              isIconOnly
              variant="secondary"
              items={[deletion(t("actions.delete"), ask("delete"))]}
            />
          )}
        </>
      }
    >
      <Facts tag={tag} />
      <Columns>
        {may("transaction:transaction:read") && <Recent tag={tag} />}
        {may("charger:charger:read") && <Lists tag={tag} />}
      </Columns>
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={leave} onDeleted={deleted} />
        </Suspense>
      )}
    </Page>
  );
}

function Facts({ tag }: { tag: Token }) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const may = useMay();
  const { driver_id: driverId } = tag;
  const driver = useQuery({
    queryKey: ["drivers", "name", driverId],
    queryFn: async ({ signal }) =>
      (await getDriver({ path: { driver_id: driverId ?? "" }, signal, throwOnError: true })).data.name,
    enabled: driverId !== null && may("driver:driver:read"),
  });
  const facts: Fact[] = [
    {
      label: t("columns.driver"),
      value: driverId === null ? null : <TextLink to={`/drivers/${driverId}`}>{driver.data ?? driverId}</TextLink>,
    },
    {
      label: t("columns.group"),
      value: tag.group === null ? null : <TextLink to={appPath("/tags", { group: tag.group })}>{tag.group}</TextLink>,
    },
    { label: t("columns.type"), value: t(`kinds.${tag.type}`, { defaultValue: tag.type }) },
    { label: t("columns.expires"), value: tag.expires_at === null ? t("never") : format.exact(tag.expires_at) },
    { label: t("columns.created"), value: format.dateTime(tag.created_at) },
    { label: t("columns.updated"), value: format.dateTime(tag.updated_at) },
    { label: t("columns.note"), value: tag.note, isWide: true },
  ];
  return (
    <Card title={t("one.facts")}>
      <KeyValue items={facts} />
    </Card>
  );
}

function Recent({ tag }: { tag: Token }) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ["tags", "recent", tag.value],
    queryFn: async ({ signal }) => {
      const query = { id_tag: [tag.value], limit: FEW };
      return (await listTransactions({ query, signal, throwOnError: true })).data.items;
    },
  });
  const last = data?.[0]?.start_timestamp ?? data?.[0]?.start_received_at;
  return (
    <Card
      title={t("recent.title")}
      description={last && <LastUse at={last} />}
      isFlush
      actions={
        data &&
        data.length > 0 && (
          <TextLink to={appPath("/sessions", { tab: "finished", id_tag: tag.value })}>{t("recent.all")}</TextLink>
        )
      }
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Skeleton lines={4} />
        </div>
      ) : (
        <Table
          label={t("recent.title")}
          rows={data}
          rowId={({ id }) => id}
          empty={<EmptyState isCompact title={t("recent.empty")} />}
          columns={[
            {
              id: "start",
              label: t("recent.start"),
              render: ({ id, start_timestamp: at, start_received_at: received }) => (
                <TextLink to={`/sessions/${id}`}>{format.dateTime(at ?? received ?? 0)}</TextLink>
              ),
            },
            {
              id: "charger",
              label: t("recent.charger"),
              render: ({ charger_id: charger, charger_name: name }) => name ?? charger,
            },
            {
              id: "energy",
              label: t("recent.energy"),
              align: "end",
              render: ({ energy_wh: wh }) => (wh === null ? "–" : format.energy(wh)),
            },
            { id: "status", label: t("columns.status"), render: ({ status }) => t(`recent.${status}`) },
          ]}
        />
      )}
    </Card>
  );
}

function LastUse({ at }: { at: string }) {
  const { t } = useTranslation("tags");
  return (
    <>
      {t("recent.last")} <Ago at={at} />
    </>
  );
}

function Lists({ tag }: { tag: Token }) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const { data, error, refetch } = useQuery(listsQuery(tag.id, true));
  return (
    <Card title={t("lists.title")} description={t("lists.text")} isFlush>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Skeleton lines={3} />
        </div>
      ) : (
        <Table
          label={t("lists.title")}
          rows={data}
          rowId={({ charger_id: id }) => id}
          empty={<EmptyState isCompact title={t("lists.empty")} />}
          columns={[
            {
              id: "charger",
              label: t("recent.charger"),
              render: ({ charger_id: id }) => <TextLink to={`/chargers/${encodeURIComponent(id)}`}>{id}</TextLink>,
            },
            { id: "version", label: t("lists.version"), align: "end", render: ({ version }) => format.number(version) },
            { id: "updated", label: t("lists.updated"), render: ({ updated_at: at }) => format.dateTime(at) },
          ]}
        />
      )}
    </Card>
  );
}
