// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the columns of a table mean. */
import { useTranslation } from "react-i18next";

import type { Import, ImportKind } from "@/api/types.gen";
import styles from "@/features/chargers/add/add.module.css";
import { LEFT_OUT } from "@/features/chargers/add/import-data";
import { Banner, Button, Card, FormActions, Select, Table } from "@/kit";

interface MapColumnsProps {
  item: Import;
  kind: ImportKind | null;
  mapping: Record<string, string | null>;
  isSending: boolean;
  onMapping: (mapping: Record<string, string | null>) => void;
  onBack: () => void;
  onNext: () => void;
  /** Nothing was changed: the trial that was made holds. */
  onSame: () => void;
}

export function MapColumns({ item, kind, mapping, isSending, onMapping, onBack, onNext, onSame }: MapColumnsProps) {
  const { t } = useTranslation("chargers");
  const headers = item.headers ?? [];
  const found = item.mapping ?? {};
  const meaning = (header: string): string =>
    header in mapping ? (mapping[header] ?? LEFT_OUT) : (found[header] ?? LEFT_OUT);
  const used = new Set(headers.map(meaning));
  const options = [
    { id: LEFT_OUT, label: t("import.leftOut") },
    ...(kind?.fields ?? []).map(({ name, description, required }) => ({
      id: name,
      label: required ? `${name} *` : name,
      description: description || undefined,
    })),
  ];
  const missing = (kind?.fields ?? [])
    .filter(({ name, required }) => required && !used.has(name))
    .map(({ name }) => name);
  const isChanged = headers.some((header) => header in mapping && meaning(header) !== (found[header] ?? LEFT_OUT));
  const next = () => (isChanged || item.error ? onNext() : onSame());
  return (
    <Card title={t("import.columns")} description={t("import.columnsText")}>
      {item.error && (
        <Banner tone="danger" title={t("import.refused")}>
          {item.error.message}
        </Banner>
      )}
      <Table
        label={t("import.columns")}
        rowId={(header) => header}
        rows={headers}
        columns={[
          { id: "header", label: t("import.column"), render: (header) => <strong>{header}</strong> },
          {
            id: "meaning",
            label: t("import.meaning"),
            render: (header) => (
              <div className={styles.mapping}>
                <Select
                  label={t("import.meaningOf", { column: header })}
                  isLabelHidden
                  options={options}
                  selected={meaning(header)}
                  onChange={(field) => onMapping({ ...mapping, [header]: field === LEFT_OUT ? null : field })}
                />
              </div>
            ),
          },
          {
            id: "sample",
            label: t("import.sample"),
            render: (header) => (
              <span className={styles.sample}>
                {(item.sample ?? [])
                  .slice(0, 3)
                  .map((cells) => cells[headers.indexOf(header)])
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            ),
          },
        ]}
      />
      {missing.length > 0 && (
        <Banner tone="warning" live="status" title={t("import.missing", { fields: missing.join(", ") })} />
      )}
      <FormActions start={<Button onPress={onBack}>{t("add.back")}</Button>}>
        <Button variant="primary" isDisabled={missing.length > 0} isPending={isSending} onPress={next}>
          {t("import.try")}
        </Button>
      </FormActions>
    </Card>
  );
}
