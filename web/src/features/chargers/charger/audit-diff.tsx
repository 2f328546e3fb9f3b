// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What an entry of the audit log changed, field by field. */
import { useTranslation } from "react-i18next";

import styles from "@/features/chargers/charger/charger.module.css";
import { JsonView, Table } from "@/kit";

interface Change {
  field: string;
  before: string;
  after: string;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Fields that differ; a field of one side only differs too. */
export function changesBetween(before: Record<string, unknown>, after: Record<string, unknown>): Change[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field, before: textOf(before[field]), after: textOf(after[field]) }));
}

export function AuditDiff({ before, after }: { before: unknown; after: unknown }) {
  const { t } = useTranslation("chargers");
  const isComparable =
    (isRecord(before) || before === null || before === undefined) &&
    (isRecord(after) || after === null || after === undefined);
  const changes = isComparable ? changesBetween(isRecord(before) ? before : {}, isRecord(after) ? after : {}) : [];
  if (!changes.length) {
    return isComparable ? (
      <p className={styles.muted}>{t("about.noDetails")}</p>
    ) : (
      <JsonView value={{ before, after }} />
    );
  }
  return (
    <Table
      label={t("about.changes")}
      rowId={({ field }) => field}
      rows={changes}
      columns={[
        { id: "field", label: t("edit.field"), render: ({ field }) => <span className={styles.mono}>{field}</span> },
        { id: "before", label: t("about.before"), render: (row) => <span className={styles.mono}>{row.before}</span> },
        { id: "after", label: t("about.after"), render: (row) => <span className={styles.mono}>{row.after}</span> },
      ]}
    />
  );
}
