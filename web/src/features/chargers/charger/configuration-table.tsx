// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The variables of a charger, by their components. */
import { History, Pencil } from "lucide-react";
import { useTranslation } from "react-i18next";

import styles from "@/features/chargers/charger/charger.module.css";
import type { Variable } from "@/features/chargers/charger/configuration-data";
import { maySend } from "@/features/chargers/commands/words";
import { Ago, Badge, Disclosure, IconButton, Table, type TableColumn } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

interface ComponentProps {
  component: string;
  variables: readonly Variable[];
  isOnly: boolean;
  isOpen: boolean;
  onEdit: (variable: Variable) => void;
  onHistory: (variable: Variable) => void;
}

export function Component({ component, variables, isOnly, isOpen, onEdit, onHistory }: ComponentProps) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const name = component || t("configuration.keys");
  const table = <Variables label={name} variables={variables} onEdit={onEdit} onHistory={onHistory} />;
  if (isOnly) return table;
  const open = variables.filter(({ pending }) => pending).length;
  const away = variables.filter(({ drift }) => drift && drift.state !== "same").length;
  return (
    <Disclosure
      key={String(isOpen)}
      title={name}
      defaultOpen={isOpen}
      end={
        <span className={styles.line}>
          {open > 0 && (
            <Badge tone="info">{t("configuration.pendingCount", { count: open, number: format.number(open) })}</Badge>
          )}
          {away > 0 && (
            <Badge tone="warning">{t("configuration.driftCount", { count: away, number: format.number(away) })}</Badge>
          )}
          <span className={styles.small}>{format.number(variables.length)}</span>
        </span>
      }
    >
      {table}
    </Disclosure>
  );
}

function Variables({
  label,
  variables,
  onEdit,
  onHistory,
}: Pick<ComponentProps, "variables" | "onEdit" | "onHistory"> & { label: string }) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const edits = maySend("change_configuration", may);
  const columns: TableColumn<Variable>[] = [
    {
      id: "key",
      label: t("configuration.key"),
      sortValue: ({ variable }) => variable,
      render: ({ variable }) => <span className={styles.key}>{variable}</span>,
    },
    { id: "value", label: t("configuration.value"), render: (row) => <Value row={row} /> },
    {
      id: "updated",
      label: t("configuration.updated"),
      sortValue: ({ updated_at: at }) => at,
      render: ({ updated_at: at }) => <Ago at={at} />,
    },
    {
      id: "actions",
      label: t("actions.label"),
      isLabelHidden: true,
      align: "end",
      render: (row) => (
        <>
          <IconButton
            size="sm"
            label={t("configuration.historyOf", { key: row.key })}
            icon={<History aria-hidden />}
            onPress={() => onHistory(row)}
          />
          {edits && row.readonly !== true && (
            <IconButton
              size="sm"
              label={t("configuration.editOf", { key: row.key })}
              icon={<Pencil aria-hidden />}
              onPress={() => onEdit(row)}
            />
          )}
        </>
      ),
    },
  ];
  return <Table label={label} columns={columns} rows={variables} rowId={({ key }) => key} />;
}

function Value({ row: { value, readonly, drift, pending } }: { row: Variable }) {
  const { t } = useTranslation("chargers");
  return (
    <span className={styles.line}>
      <span className={styles.mono}>{value ?? "–"}</span>
      {readonly === true && <Badge>{t("configuration.readonly")}</Badge>}
      {drift && drift.state !== "same" && (
        <Badge tone="warning">{t("configuration.wanted", { value: drift.wanted })}</Badge>
      )}
      {pending && (
        <Badge tone="info">
          {t(pending.queued ? "configuration.queued" : "configuration.pending", { value: String(pending.body.value) })}
        </Badge>
      )}
    </span>
  );
}
