// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** When certificates end, what waits, and the certificates of this server itself. */
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { CertificateHorizon } from "@/api/types.gen";
import { authorityQuery, download, horizonQuery } from "@/features/certificates/api";
import styles from "@/features/certificates/certificates.module.css";
import { spansOf } from "@/features/certificates/model";
import { Ends } from "@/features/certificates/parts";
import { ENDS } from "@/features/certificates/search";
import {
  Button,
  Card,
  Columns,
  CopyButton,
  ErrorState,
  KeyValue,
  Loading,
  Panel,
  Skeleton,
  TextLink,
  toast,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { problemOf } from "@/lib/problems";
import { appPath } from "@/lib/search";

export function Horizon() {
  const { t } = useTranslation("certificates");
  const { data, error, refetch } = useQuery(horizonQuery);
  if (!data) {
    return error ? (
      <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
    ) : (
      <Loading label={t("horizon.title")}>
        <Skeleton variant="block" height="9rem" />
      </Loading>
    );
  }
  return (
    <Columns>
      <Spans horizon={data} />
      <Server horizon={data} />
    </Columns>
  );
}

const WAITING = ["requested", "refused", "issued", "rejected", "revoked"] as const;

function Spans({ horizon }: { horizon: CertificateHorizon }) {
  const { t } = useTranslation("certificates");
  const format = useFormat();
  const spans = spansOf(horizon);
  const shown = ENDS.filter((span) => spans[span] > 0);
  return (
    <Card title={t("horizon.title")} description={t("horizon.text", { number: format.number(horizon.in_use) })}>
      <Panel>
        <div className={styles.bar} aria-hidden>
          {shown.map((span) => (
            <span key={span} className={styles[span]} style={{ flexGrow: spans[span] }} />
          ))}
        </div>
        <ul className={styles.legend}>
          {ENDS.map((span) => (
            <li key={span} data-span={span}>
              <span className={styles.figure}>{format.number(spans[span])}</span>
              <TextLink to={appPath("/certificates", { ends: span })}>{t(`spans.${span}`)}</TextLink>
            </li>
          ))}
        </ul>
        {horizon.next_not_after && (
          <p className="soft">{t("horizon.next", { at: format.exact(horizon.next_not_after) })}</p>
        )}
        <KeyValue
          items={WAITING.map((status) => ({
            label: t(`status.${status}`),
            value: horizon[status] ? (
              <TextLink to={appPath("/certificates", { status: [status] })}>{format.number(horizon[status])}</TextLink>
            ) : (
              format.number(0)
            ),
          }))}
        />
      </Panel>
    </Card>
  );
}

function Server({ horizon }: { horizon: CertificateHorizon }) {
  const { t } = useTranslation("certificates");
  const authority = useQuery(authorityQuery);
  const doors = Object.entries(horizon.servers);
  return (
    <Card title={t("server.title")} description={t("server.text")}>
      <Panel>
        <KeyValue
          items={[
            { label: t("server.authority"), value: <Ends at={horizon.authority_not_after} isMarked /> },
            ...doors.map(([door, end]) => ({
              label: t(`server.doors.${door}`, { defaultValue: door }),
              value: <Ends at={end} isMarked />,
            })),
          ]}
        />
        {!doors.length && <p className="soft">{t("server.none")}</p>}
        {authority.error && <p className="soft">{problemOf(authority.error).message}</p>}
        <div className={styles.counts}>
          <Button
            size="sm"
            icon={<Download aria-hidden />}
            isDisabled={authority.data === undefined}
            onPress={() => {
              download("chargers-ca.pem", authority.data ?? "");
              toast({ tone: "success", title: t("server.downloaded") });
            }}
          >
            {t("server.download")}
          </Button>
          {authority.data !== undefined && (
            <CopyButton size="sm" text={authority.data} label={t("server.copy")} hasText />
          )}
        </div>
      </Panel>
    </Card>
  );
}
