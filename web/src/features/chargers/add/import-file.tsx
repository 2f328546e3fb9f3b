// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The first step: which file, and what becomes of chargers that are there already. */
import { Download, FileUp } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { ImportKind } from "@/api/types.gen";
import type { OnConflict } from "@/features/chargers/add/import-data";
import { Button, Card, FileDrop, FormActions, LinkButton, RadioGroup } from "@/kit";
import { useMay } from "@/lib/me";

const MOST_BYTES = 10_000_000;
const TYPES = [".csv", ".xlsx", ".tsv", ".txt"];

interface ChooseFileProps {
  kind: ImportKind | null;
  file: File | null;
  conflict: OnConflict;
  isSending: boolean;
  onFile: (file: File | null) => void;
  onConflict: (conflict: OnConflict) => void;
  onNext: () => void;
}

/** Everything that a column can be, as an empty table to begin with. */
function template(kind: ImportKind): string {
  const names = kind.fields.map(({ name }) => name);
  return `data:text/csv;charset=utf-8,${encodeURIComponent(`${names.join(",")}\r\n`)}`;
}

export function ChooseFile({ kind, file, conflict, isSending, onFile, onConflict, onNext }: ChooseFileProps) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const options = (["skip", "update", "fail"] as const)
    .filter((id) => id !== "update" || may("charger:charger:update"))
    .map((id) => ({ id, label: t(`import.conflict.${id}`), description: t(`import.conflict.${id}Text`) }));
  return (
    <Card
      title={t("import.file")}
      description={t("import.fileText")}
      actions={
        kind && (
          <LinkButton size="sm" href={template(kind)} download="chargers.csv" icon={<Download aria-hidden />}>
            {t("import.template")}
          </LinkButton>
        )
      }
    >
      <RadioGroup<OnConflict>
        label={t("import.conflict.label")}
        options={options}
        selected={conflict}
        onChange={onConflict}
      />
      <FileDrop
        label={t("import.drop")}
        accept={TYPES}
        maxBytes={MOST_BYTES}
        onFiles={([first]) => onFile(first ?? null)}
      />
      <FormActions>
        <LinkButton to="/chargers">{t("edit.cancel")}</LinkButton>
        <Button
          variant="primary"
          icon={<FileUp aria-hidden />}
          isDisabled={!file}
          isPending={isSending}
          onPress={onNext}
        >
          {t("import.upload")}
        </Button>
      </FormActions>
    </Card>
  );
}
