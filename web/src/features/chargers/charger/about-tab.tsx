// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a charger is, where it stands, what it was before, and who changed what. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { FileClock, HardDrive } from "lucide-react";
import { useTranslation } from "react-i18next";

import { getChargerQuirks, listAudit, listChargerHardware, listChargerProgress } from "@/api/sdk.gen";
import type { AuditItem, Charger } from "@/api/types.gen";
import { useMay } from "@/app/me";
import styles from "@/features/chargers/charger/charger.module.css";
import { keyOf } from "@/features/chargers/charger/data";
import { useLoaded } from "@/features/chargers/charger/status-tab";
import { versionOf } from "@/features/chargers/columns";
import { chargerPath } from "@/features/chargers/model";
import { useSites } from "@/features/chargers/sites";
import {
  Ago,
  Badge,
  Banner,
  Button,
  Card,
  Changes,
  Disclosure,
  EmptyState,
  ErrorState,
  KeyValue,
  Loading,
  QrCode,
  Skeleton,
  Table,
  TextLink,
  type Fact,
} from "@/kit";
import { useAuditWords } from "@/lib/audit";
import { useFormat } from "@/lib/format";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/chargers/$id");
const MOST = 50;
const PAGE = 20;

export function AboutTab() {
  const charger = useLoaded()?.charger;
  const may = useMay();
  if (!charger) return null;
  return (
    <>
      <div className={styles.columns}>
        <div className={styles.stack}>
          <Hardware charger={charger} />
          <Quirks charger={charger} />
          <History charger={charger} />
        </div>
        <Place charger={charger} />
      </div>
      {may("system:audit:read") && <Audit charger={charger} />}
    </>
  );
}

function Hardware({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const known: Readonly<Record<string, string>> = {
    iccid: "ICCID",
    imsi: "IMSI",
    meter_type: t("about.meterType"),
    meter_serial_number: t("about.meterSerial"),
    charge_box_serial_number: t("about.boxSerial"),
  };
  const details: Fact[] = Object.entries(charger.details)
    .filter(([name, value]) => name in known && value)
    .map(([name, value]) => ({ label: known[name] ?? name, value: String(value) }));
  return (
    <Card title={t("about.hardware")}>
      <KeyValue
        items={[
          { label: t("filters.vendor"), value: charger.vendor },
          { label: t("filters.model"), value: charger.model },
          { label: t("columns.serial"), value: charger.serial_number },
          { label: t("columns.firmware"), value: charger.firmware_version },
          { label: t("filters.protocol"), value: versionOf(charger.protocol) },
          { label: t("columns.created"), value: <Ago at={charger.created_at} /> },
          ...details,
        ]}
      />
    </Card>
  );
}

function Quirks({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const quirks = useQuery({
    queryKey: keyOf(charger.id, "quirks"),
    queryFn: async ({ signal }) =>
      (await getChargerQuirks({ path: { charger_id: charger.id }, signal, throwOnError: true })).data.items,
    staleTime: 600_000,
  }).data;
  if (!quirks?.length) return null;
  return (
    <Banner tone="info" live="off" title={t("about.quirks")}>
      <ul>
        {quirks.map(({ id, why }) => (
          <li key={id} lang="en" dir="ltr">
            {why}
          </li>
        ))}
      </ul>
    </Banner>
  );
}

function History({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const path = { charger_id: charger.id };
  const hardware = useQuery({
    queryKey: keyOf(charger.id, "hardware"),
    queryFn: async ({ signal }) =>
      (await listChargerHardware({ path, query: { limit: MOST }, signal, throwOnError: true })).data.items,
  });
  const progress = useQuery({
    queryKey: keyOf(charger.id, "progress"),
    queryFn: async ({ signal }) =>
      (await listChargerProgress({ path, query: { limit: MOST, kind: ["firmware"] }, signal, throwOnError: true })).data
        .items,
  });
  return (
    <>
      <Card title={t("about.history")} isFlush={Boolean(hardware.data?.length)}>
        {hardware.error ? (
          <ErrorState isCompact problem={hardware.error} onRetry={() => void hardware.refetch()} />
        ) : !hardware.data ? (
          <Loading>
            <Skeleton lines={2} />
          </Loading>
        ) : hardware.data.length ? (
          <Table
            label={t("about.history")}
            rowId={({ id }) => id}
            rows={hardware.data}
            columns={[
              { id: "seen", label: t("about.since"), render: ({ seen_at: at }) => <Ago at={at} /> },
              {
                id: "firmware",
                label: t("columns.firmware"),
                render: ({ firmware_version: version }) => version ?? "–",
              },
              {
                id: "model",
                label: t("columns.model"),
                render: ({ vendor, model }) => [vendor, model].filter(Boolean).join(" ") || "–",
              },
              { id: "serial", label: t("columns.serial"), render: ({ serial_number: serial }) => serial ?? "–" },
            ]}
          />
        ) : (
          <EmptyState isCompact icon={<HardDrive aria-hidden />} title={t("about.noHistory")} />
        )}
      </Card>
      {progress.data && progress.data.length > 0 && (
        <Card title={t("about.updates")} isFlush>
          <Table
            label={t("about.updates")}
            rowId={({ id }) => id}
            rows={progress.data}
            columns={[
              { id: "at", label: t("log.at"), render: ({ at }) => <Ago at={at} /> },
              {
                id: "status",
                label: t("columns.status"),
                render: ({ status }) => (
                  <Badge tone={/fail|invalid/i.test(status) ? "danger" : "neutral"}>{status}</Badge>
                ),
              },
              { id: "info", label: t("security.detail"), render: ({ info }) => info ?? "–" },
            ]}
          />
        </Card>
      )}
    </>
  );
}

function Place({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const site = useSites().byId.get(charger.site_id ?? "");
  const here = `${location.origin}${chargerPath(charger.id)}`;
  const address = [site?.street, [site?.postal_code, site?.city].filter(Boolean).join(" "), site?.country].filter(
    Boolean,
  );
  return (
    <div className={styles.stack}>
      <Card title={t("about.place")}>
        {site ? (
          <KeyValue
            layout="list"
            items={[
              { label: t("columns.site"), value: <TextLink to={`/sites/${site.id}`}>{site.name}</TextLink> },
              { label: t("about.address"), value: address.join(", ") },
              { label: t("about.zone"), value: site.time_zone },
              { label: t("about.note"), value: site.note },
            ]}
          />
        ) : (
          <p className={styles.muted}>{t("about.noSite")}</p>
        )}
      </Card>
      <Card title={t("about.qr")} description={t("about.qrText")}>
        <QrCode text={here} label={t("about.qrLabel", { name: charger.id })} />
      </Card>
    </div>
  );
}

function Audit({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const { id } = route.useParams();
  const { action } = useAuditWords();
  const found = useInfiniteQuery({
    queryKey: keyOf(id, "audit"),
    queryFn: async ({ pageParam, signal }) => {
      const query = { subject_kind: ["charger"], subject_id: [charger.id], limit: PAGE, cursor: pageParam };
      return (await listAudit({ query, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const title = (item: AuditItem) => (
    <span className={styles.line}>
      <span>{action(item.action)}</span>
      <span className={styles.small}>
        {item.actor_name || t("about.erased")} · {format.dateTime(item.at)}
      </span>
    </span>
  );
  return (
    <Card
      title={t("about.audit")}
      description={t("about.auditText")}
      actions={
        <TextLink to={appPath("/audit", { kind: ["charger"], object: charger.id })}>{t("about.auditAll")}</TextLink>
      }
      footer={
        found.hasNextPage && (
          <Button
            size="sm"
            variant="quiet"
            isPending={found.isFetchingNextPage}
            onPress={() => void found.fetchNextPage()}
          >
            {t("timeline.earlier")}
          </Button>
        )
      }
    >
      {found.error && !items.length ? (
        <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : items.length ? (
        <div>
          {items.map((item) => (
            <Disclosure key={item.id} title={title(item)}>
              <Changes before={item.before} after={item.after} />
            </Disclosure>
          ))}
        </div>
      ) : (
        <EmptyState isCompact icon={<FileClock aria-hidden />} title={t("about.noAudit")} />
      )}
    </Card>
  );
}
