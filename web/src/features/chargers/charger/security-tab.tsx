// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How a charger proves who it is, and what was seen of others. */
import { useQuery } from "@tanstack/react-query";
import { KeyRound, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import {
  listCertificates,
  listChargerFindings,
  listSecurityEvents,
  rotateChargerSecret,
  updateCharger,
} from "@/api/sdk.gen";
import type { Charger } from "@/api/types.gen";
import { Address, NewPassword } from "@/features/chargers/addresses";
import styles from "@/features/chargers/charger/charger.module.css";
import { chargerQuery, keyOf } from "@/features/chargers/charger/data";
import { useLoaded } from "@/features/chargers/charger/status-tab";
import { chargerName } from "@/features/chargers/model";
import {
  Ago,
  Badge,
  Button,
  Card,
  ConfirmDialog,
  Dialog,
  EmptyState,
  ErrorState,
  KeyValue,
  Loading,
  RadioGroup,
  Skeleton,
  Table,
  TextLink,
  toast,
  type TableColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const MOST = 50;

export function SecurityTab() {
  const loaded = useLoaded();
  const may = useMay();
  if (!loaded) return null;
  const { charger, etag } = loaded;
  return (
    <>
      <Profile charger={charger} etag={etag} />
      {may("certificate:certificate:read") && <Certificates charger={charger} />}
      <Events charger={charger} />
      <Findings charger={charger} />
    </>
  );
}

const PROFILES = ["0", "1", "2", "3"] as const;
type ProfileId = (typeof PROFILES)[number];

function Profile({ charger, etag }: { charger: Charger; etag: string | null }) {
  const { t } = useTranslation("chargers");
  const [asked, setAsked] = useState<"rotate" | "profile" | null>(null);
  const [password, setPassword] = useState<string | null>(null);
  const profile = String(charger.security_profile);
  const rotate = async () => {
    const { data } = await rotateChargerSecret({ path: { charger_id: charger.id }, throwOnError: true });
    setPassword(data.password);
    void queries.invalidateQueries({ queryKey: keyOf(charger.id) });
  };
  return (
    <Card
      title={t("security.title")}
      actions={
        <>
          {charger.can?.update_charger !== false && (
            <Button size="sm" icon={<ShieldCheck aria-hidden />} onPress={() => setAsked("profile")}>
              {t("security.changeProfile")}
            </Button>
          )}
          {charger.can?.rotate_charger_secret !== false &&
            charger.security_profile > 0 &&
            charger.security_profile < 3 && (
              <Button size="sm" icon={<KeyRound aria-hidden />} onPress={() => setAsked("rotate")}>
                {t("security.rotate")}
              </Button>
            )}
        </>
      }
    >
      <KeyValue
        items={[
          { label: t("columns.profile"), value: t(`profiles.${profile}.name`) },
          {
            label: t("pending.password"),
            value: t(charger.has_password ? "security.hasPassword" : "security.noPassword"),
          },
          { label: t("security.meaning"), value: t(`profiles.${profile}.text`), isWide: true },
        ]}
      />
      <Address profile={charger.security_profile} id={charger.id} />
      <ConfirmDialog
        isOpen={asked === "rotate"}
        onOpenChange={(isOpen) => setAsked(isOpen ? "rotate" : null)}
        isDanger
        title={t("security.rotateTitle", { name: chargerName(charger) })}
        consequence={<p>{t("security.rotateText")}</p>}
        confirmLabel={t("security.rotate")}
        onConfirm={rotate}
      />
      {asked === "profile" && <ChangeProfile charger={charger} etag={etag} onClose={() => setAsked(null)} />}
      <Dialog
        isOpen={password !== null}
        onOpenChange={() => setPassword(null)}
        title={t("security.newTitle", { name: charger.id })}
        footer={
          <Button variant="primary" onPress={() => setPassword(null)}>
            {t("password.kept")}
          </Button>
        }
      >
        {password !== null && <NewPassword password={password} />}
      </Dialog>
    </Card>
  );
}

function ChangeProfile({ charger, etag, onClose }: { charger: Charger; etag: string | null; onClose: () => void }) {
  const { t } = useTranslation("chargers");
  const [profile, setProfile] = useState<ProfileId>(String(charger.security_profile) as ProfileId);
  const options = PROFILES.map((id) => ({
    id,
    label: t(`profiles.${id}.name`),
    description: t(`profiles.${id}.text`),
  }));
  const change = async () => {
    const body = { security_profile: Number(profile) as 0 | 1 | 2 | 3 };
    const headers = etag ? { "if-match": etag } : {};
    const { data, response } = await updateCharger({
      path: { charger_id: charger.id },
      body,
      headers,
      throwOnError: true,
    });
    queries.setQueryData(chargerQuery(charger.id).queryKey, { charger: data, etag: response.headers.get("etag") });
    toast({ tone: "success", title: t("edit.saved") });
  };
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      isDanger
      title={t("security.profileTitle", { name: chargerName(charger) })}
      consequence={<p>{t("security.profileText")}</p>}
      confirmLabel={t("security.changeProfile")}
      isIncomplete={profile === String(charger.security_profile)}
      onConfirm={change}
    >
      <RadioGroup<ProfileId> label={t("columns.profile")} options={options} selected={profile} onChange={setProfile} />
    </ConfirmDialog>
  );
}

interface ListCardProps<Row> {
  title: string;
  queryKey: string[];
  read: (signal: AbortSignal) => Promise<Row[]>;
  columns: TableColumn<Row>[];
  rowId: (row: Row) => string;
  empty: string;
  actions?: React.ReactNode;
}

function ListCard<Row>({ title, queryKey, read, columns, rowId, empty, actions }: ListCardProps<Row>) {
  const { data, error, refetch } = useQuery({ queryKey, queryFn: ({ signal }) => read(signal) });
  return (
    <Card title={title} actions={actions} isFlush={Boolean(data?.length)}>
      {error && !data ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={3} />
        </Loading>
      ) : data.length ? (
        <Table label={title} columns={columns} rows={data} rowId={rowId} />
      ) : (
        <EmptyState isCompact icon={<ShieldCheck aria-hidden />} title={empty} />
      )}
    </Card>
  );
}

function Certificates({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  return (
    <ListCard
      title={t("security.certificates")}
      queryKey={keyOf(charger.id, "certificates")}
      read={async (signal) =>
        (await listCertificates({ query: { charger_id: [charger.id], limit: MOST }, signal, throwOnError: true })).data
          .items
      }
      rowId={({ id }) => id}
      empty={t("security.noCertificates")}
      actions={
        <TextLink to={`/certificates?charger_id=${encodeURIComponent(charger.id)}`}>
          {t("security.allCertificates")}
        </TextLink>
      }
      columns={[
        { id: "kind", label: t("security.kind"), render: ({ kind }) => kind },
        {
          id: "status",
          label: t("columns.status"),
          render: ({ status, reason }) => (
            <Badge
              tone={
                status === "accepted" ? "success" : status === "issued" || status === "requested" ? "info" : "warning"
              }
            >
              {reason ?? t(`security.status.${status}`)}
            </Badge>
          ),
        },
        {
          id: "serial",
          label: t("columns.serial"),
          render: ({ serial }) => <span className={styles.mono}>{serial ?? "–"}</span>,
        },
        {
          id: "until",
          label: t("security.until"),
          sortValue: ({ not_after: at }) => at,
          render: ({ not_after: at }) =>
            at ? (
              <>
                {format.date(at)} (<Ago at={at} />)
              </>
            ) : (
              "–"
            ),
        },
      ]}
    />
  );
}

function Events({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  return (
    <ListCard
      title={t("security.events")}
      queryKey={keyOf(charger.id, "security-events")}
      read={async (signal) =>
        (await listSecurityEvents({ query: { charger_id: [charger.id], limit: MOST }, signal, throwOnError: true }))
          .data.items
      }
      rowId={({ id }) => id}
      empty={t("security.noEvents")}
      columns={[
        { id: "at", label: t("log.at"), sortValue: ({ at }) => at, render: ({ at }) => <Ago at={at} /> },
        {
          id: "kind",
          label: t("security.kind"),
          sortValue: ({ kind }) => kind,
          render: ({ kind }) => <span className={styles.mono}>{kind}</span>,
        },
        { id: "detail", label: t("security.detail"), render: ({ detail }) => detail },
        { id: "address", label: t("pending.address"), render: ({ address }) => address ?? "–" },
      ]}
    />
  );
}

function Findings({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  return (
    <ListCard
      title={t("security.findings")}
      queryKey={keyOf(charger.id, "findings")}
      read={async (signal) =>
        (
          await listChargerFindings({
            path: { charger_id: charger.id },
            query: { limit: MOST },
            signal,
            throwOnError: true,
          })
        ).data.items
      }
      rowId={({ action, code, path }) => `${action}/${code}/${path}`}
      empty={t("security.noFindings")}
      columns={[
        { id: "action", label: t("log.action"), sortValue: ({ action }) => action, render: ({ action }) => action },
        { id: "code", label: t("security.kind"), render: ({ code }) => <span className={styles.mono}>{code}</span> },
        {
          id: "detail",
          label: t("security.detail"),
          render: ({ detail, path }) => (path ? `${path}: ${detail}` : detail),
        },
        {
          id: "count",
          label: t("security.count"),
          align: "end",
          sortValue: ({ count }) => count,
          render: ({ count }) => format.number(count),
        },
        {
          id: "last",
          label: t("pending.last"),
          sortValue: ({ last_seen_at: at }) => at,
          render: ({ last_seen_at: at }) => <Ago at={at} />,
        },
      ]}
    />
  );
}
