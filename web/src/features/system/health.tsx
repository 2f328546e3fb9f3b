// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Whether csms does its work: what it checks of itself, its background jobs, its database, and where chargers go. */
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";

import { getInstallation, getOverview, getStorage, listJobs, listPlugins } from "@/api/sdk.gen";
import type { Installation, JobItem, Readiness } from "@/api/types.gen";
import { settingsQuery } from "@/features/system/api";
import styles from "@/features/system/system.module.css";
import {
  Ago,
  Banner,
  Card,
  CodeBlock,
  Columns,
  EmptyState,
  ErrorState,
  KeyValue,
  Loading,
  Skeleton,
  Table,
  TextLink,
  type Fact,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { Problem } from "@/lib/problems";

const AGAIN_MS = 15_000;
const DAY_MS = 86_400_000;
const FEW = 5;
const MOST = 100;

export function Health() {
  const may = useMay();
  return (
    <Columns>
      <Checks />
      <InstallationFacts />
      {may("system:job:read") && <Queue />}
      <Plugins />
    </Columns>
  );
}

const readyQuery = {
  queryKey: ["system", "ready"],
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Readiness> => {
    const answer = await fetch("/readyz", { signal });
    const body = (await answer.json()) as Partial<Readiness>;
    // 503 with checks is an answer like any other
    if (!body.checks) throw new Problem(answer.status, body, answer.headers);
    return body as Readiness;
  },
  refetchInterval: AGAIN_MS,
};

function Checks() {
  const { t } = useTranslation("system");
  const { data, error, refetch, dataUpdatedAt } = useQuery(readyQuery);
  const isReady = data?.status === "ready";
  return (
    <Card
      title={t("health.checks")}
      description={t("health.checksText")}
      footer={
        dataUpdatedAt > 0 && (
          <span className="soft">
            {t("health.askedAt")} <Ago at={new Date(dataUpdatedAt).toISOString()} />
          </span>
        )
      }
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : (
        <div className={styles.fields}>
          <Banner
            tone={isReady ? "success" : "danger"}
            live="off"
            title={t(isReady ? "health.ready" : "health.notReady")}
          />
          <KeyValue
            layout="list"
            items={Object.entries(data.checks).map(([name, word]) => ({
              label: t(`health.names.${name}`, { defaultValue: name }),
              value: <Check word={word} />,
            }))}
          />
        </div>
      )}
    </Card>
  );
}

function Check({ word }: { word: string }) {
  const { t } = useTranslation("system");
  return word === "ok" ? (
    <span className={`${styles.check} ${styles.ok}`}>
      <CircleCheck aria-hidden /> {t("health.ok")}
    </span>
  ) : (
    <span className={`${styles.check} ${styles.bad}`}>
      <CircleX aria-hidden />
      <span lang="en" dir="ltr">
        {word}
      </span>
    </span>
  );
}

function InstallationFacts() {
  const { t } = useTranslation("system");
  const format = useFormat();
  const may = useMay();
  const { data, error, refetch } = useQuery({
    queryKey: ["system", "installation"],
    queryFn: async ({ signal }): Promise<Installation> => (await getInstallation({ signal, throwOnError: true })).data,
    staleTime: 60_000,
  });
  const isFirst = useQuery(settingsQuery).data?.some(({ section }) => section === "retention") ?? false;
  const bytes = useQuery({
    queryKey: ["system", "storage"],
    queryFn: async ({ signal }) => (await getStorage({ signal, throwOnError: true })).data,
    enabled: isFirst,
  }).data?.bytes;
  const online = useOnline(may("report:report:read"));
  if (error) return <ErrorState isCompact problem={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Loading>
        <Skeleton variant="block" height="10rem" />
      </Loading>
    );
  }
  const facts: Fact[] = [
    { label: t("health.version"), value: data.version },
    { label: t("health.origin"), value: data.origin && <span className="mono">{data.origin}</span> },
    ...(online
      ? [{ label: t("health.online"), value: <TextLink to="/chargers">{t("health.of", online)}</TextLink> }]
      : []),
    ...(bytes === undefined ? [] : [{ label: t("health.database"), value: format.bytes(bytes) }]),
    { label: t("health.mails"), value: t(data.mails ? "health.mailsOn" : "health.mailsOff") },
    {
      label: t("health.documentation"),
      value: <TextLink href={data.documentation_url}>{t("health.read")}</TextLink>,
    },
  ];
  return (
    <Card title={t("health.installation")}>
      <div className={styles.fields}>
        {data.insecure_lan && <Banner tone="warning" live="off" title={t("health.insecure")} />}
        {data.initial_password && <Banner tone="warning" live="off" title={t("health.initialPassword")} />}
        <KeyValue items={facts} />
        {data.charger_addresses?.map(({ url, security_profiles: profiles }) => (
          <div key={url}>
            <p className="soft">{t("health.address", { profiles: format.list(profiles.map(String)) })}</p>
            <CodeBlock
              code={url}
              label={t("health.addressOf", { profiles: format.list(profiles.map(String)) })}
              isWrapped
            />
          </div>
        ))}
      </div>
    </Card>
  );
}

function useOnline(isAllowed: boolean): { online: string; all: string } | null {
  const format = useFormat();
  const { data } = useQuery({
    queryKey: ["system", "online"],
    queryFn: async ({ signal }) => (await getOverview({ signal, throwOnError: true })).data.chargers,
    enabled: isAllowed,
    refetchInterval: AGAIN_MS,
  });
  return data ? { online: format.number(data.online), all: format.number(data.total) } : null;
}

const STATES = ["queued", "running", "failed"] as const;

function Queue() {
  const { t } = useTranslation("system");
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ["system", "queue"],
    queryFn: async ({ signal }) => {
      const since = new Date(Date.now() - DAY_MS).toISOString();
      const found = await Promise.all(
        STATES.map(async (status) => {
          const query = { status: [status], limit: MOST, ...(status === "failed" && { "created_at[gte]": since }) };
          return (await listJobs({ query, signal, throwOnError: true })).data;
        }),
      );
      // the list counts nothing: more than a page of them is said as such
      const counts = STATES.map((status, index) => ({
        status,
        count: found[index]?.items.length ?? 0,
        isMore: Boolean(found[index]?.next_cursor),
      }));
      return { counts, failed: found[STATES.length - 1]?.items.slice(0, FEW) ?? [] };
    },
    refetchInterval: AGAIN_MS,
  });
  return (
    <Card title={t("health.queue")} description={t("health.queueText")} isFlush={Boolean(data?.failed.length)}>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={3} />
        </Loading>
      ) : (
        <>
          <div className={data.failed.length ? styles.padded : undefined}>
            <KeyValue
              items={data.counts.map(({ status, count, isMore }) => ({
                label: t(`health.jobs.${status}`),
                value: isMore ? t("health.more", { count: format.number(count) }) : format.number(count),
              }))}
            />
          </div>
          {data.failed.length > 0 && <Failed jobs={data.failed} />}
        </>
      )}
    </Card>
  );
}

function Failed({ jobs }: { jobs: readonly JobItem[] }) {
  const { t } = useTranslation("system");
  return (
    <Table
      label={t("health.failed")}
      rows={jobs}
      rowId={({ id }) => id}
      columns={[
        { id: "kind", label: t("health.job"), render: ({ kind }) => <span className="mono">{kind}</span> },
        {
          id: "at",
          label: t("health.when"),
          render: ({ finished_at: end, created_at: start }) => <Ago at={end ?? start} />,
        },
        {
          id: "error",
          label: t("health.error"),
          render: ({ error }) => (
            <span lang="en" dir="ltr" className="mono">
              {error ?? "–"}
            </span>
          ),
        },
      ]}
    />
  );
}

function Plugins() {
  const { t } = useTranslation("system");
  const { data, error } = useQuery({
    queryKey: ["system", "plugins"],
    queryFn: async ({ signal }) => (await listPlugins({ signal, throwOnError: true })).data.items,
    staleTime: 600_000,
  });
  if (error || !data) return null;
  return (
    <Card title={t("health.plugins")} isFlush={data.length > 0}>
      {data.length ? (
        <Table
          label={t("health.plugins")}
          rows={data}
          rowId={({ name }) => name}
          columns={[
            { id: "name", label: t("health.plugin"), render: ({ name }) => name },
            { id: "version", label: t("health.version"), render: ({ version }) => version },
            { id: "vendors", label: t("health.vendors"), render: ({ vendors }) => vendors.join(", ") || "–" },
          ]}
        />
      ) : (
        <EmptyState isCompact title={t("health.noPlugins")} text={t("health.noPluginsText")} />
      )}
    </Card>
  );
}
