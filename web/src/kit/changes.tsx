// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What something was before and what it is after, field by field. */
import styles from "./changes.module.css";
import { changesBetween } from "./differences";
import { JsonView } from "./json-view";
import { Table } from "./table";
import { useKitText } from "./text";

export interface ChangesProps {
  before: unknown;
  after: unknown;
  /** What a field is called, where it has a name in the reader's language. */
  nameOf?: (field: string) => string;
}

export function Changes({ before, after, nameOf }: ChangesProps) {
  const t = useKitText();
  const changes = changesBetween(before, after);
  if (!changes) return <JsonView value={{ before, after }} />;
  if (!changes.length) return <p className={styles.none}>{t("changes.none")}</p>;
  return (
    <Table
      label={t("changes.label")}
      rowId={({ field }) => field}
      rows={changes}
      columns={[
        {
          id: "field",
          label: t("changes.field"),
          render: ({ field }) => (nameOf ? nameOf(field) : <span className={styles.mono}>{field}</span>),
        },
        { id: "before", label: t("changes.before"), render: (row) => <bdi className={styles.old}>{row.before}</bdi> },
        { id: "after", label: t("changes.after"), render: (row) => <bdi className={styles.new}>{row.after}</bdi> },
      ]}
    />
  );
}
