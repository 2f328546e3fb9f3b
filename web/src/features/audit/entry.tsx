// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One entry: who, what, when, from where, and what was before and after. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { AuditItem } from "@/api/types.gen";
import { useMay } from "@/app/me";
import { entryQuery } from "@/features/audit/api";
import styles from "@/features/audit/audit.module.css";
import { What, Who } from "@/features/audit/parts";
import {
  Banner,
  Changes,
  CopyButton,
  Dialog,
  Disclosure,
  EmptyState,
  ErrorState,
  KeyValue,
  Loading,
  Skeleton,
  TextLink,
} from "@/kit";
import { useAuditWords } from "@/lib/audit";
import { useFormat } from "@/lib/format";
import { appPath } from "@/lib/search";

export function EntryDialog({ number, onClose }: { number: number; onClose: () => void }) {
  const { t } = useTranslation("audit");
  const { action } = useAuditWords();
  const { data, error, refetch } = useQuery(entryQuery(number));
  return (
    <Dialog
      isOpen
      isDismissable
      size="lg"
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={data ? action(data.action) : t("entry.title", { number })}
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading>
          <Skeleton lines={6} />
        </Loading>
      ) : data ? (
        <Entry item={data} />
      ) : (
        <EmptyState isCompact title={t("entry.missing")} />
      )}
    </Dialog>
  );
}

function Entry({ item }: { item: AuditItem }) {
  const { t } = useTranslation("audit");
  const { actor } = useAuditWords();
  const format = useFormat();
  const may = useMay();
  const request = item.request_id;
  return (
    <div className={styles.entry}>
      {item.erased && <Banner tone="info" live="off" title={t("entry.erased")} />}
      <KeyValue
        items={[
          { label: t("columns.at"), value: format.exact(item.at) },
          { label: t("columns.who"), value: <Who item={item} /> },
          { label: t("columns.by"), value: actor(item.actor_kind) },
          { label: t("columns.object"), value: <What item={item} isLink /> },
          { label: t("columns.address"), value: item.address },
          {
            label: t("columns.request"),
            value: request && (
              <span className={styles.mono}>
                {may("system:request:read") ? (
                  <TextLink to={appPath("/system", { tab: "requests", request })}>{request}</TextLink>
                ) : (
                  request
                )}
              </span>
            ),
          },
          { label: t("entry.name"), value: <span className={styles.mono}>{item.action}</span> },
          {
            label: t("entry.others"),
            value: (
              <TextLink to={appPath("/audit", { kind: [item.subject_kind], object: item.subject_id })}>
                {t("entry.ofObject")}
              </TextLink>
            ),
          },
        ]}
      />
      <Changes before={item.before} after={item.after} />
      <Disclosure title={t("entry.chain", { number: format.number(item.number) })}>
        <KeyValue
          layout="list"
          items={[
            { label: t("entry.hash"), value: <Hash text={item.hash} /> },
            { label: t("entry.previous"), value: <Hash text={item.previous_hash} /> },
            { label: t("entry.person"), value: <Hash text={item.person_digest} /> },
            { label: t("entry.content"), value: <Hash text={item.content_digest} /> },
          ]}
        />
      </Disclosure>
    </div>
  );
}

function Hash({ text }: { text: string }) {
  return (
    <span className={styles.who}>
      <code className={styles.mono}>{text}</code>
      <CopyButton text={text} />
    </span>
  );
}
