// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Somebody else has changed what is being edited: both versions, and a choice. */
import { useTranslation } from "react-i18next";

import { Banner } from "@/kit/banner";
import { Button } from "@/kit/button";
import styles from "@/kit/conflict.module.css";
import { Table } from "@/kit/table";

export interface ConflictField {
  label: string;
  mine: string;
  theirs: string;
}

export interface ConflictProps {
  /** All fields; those that are the same in both are left out. */
  fields: readonly ConflictField[];
  onKeepTheirs: () => void;
  onSaveMine: () => void;
  isPending?: boolean;
}

function Words({ text }: { text: string }) {
  return <span className={styles.words}>{text || "–"}</span>;
}

export function Conflict({ fields, onKeepTheirs, onSaveMine, isPending }: ConflictProps) {
  const { t } = useTranslation("kit");
  const different = fields.filter(({ mine, theirs }) => mine !== theirs);
  return (
    <div className={styles.conflict}>
      <Banner tone="warning" title={t("conflict.title")} live="alert">
        {t(different.length ? "conflict.text" : "conflict.same")}
      </Banner>
      {different.length > 0 && (
        <Table
          label={t("conflict.title")}
          rows={different}
          rowId={({ label }) => label}
          columns={[
            { id: "field", label: t("conflict.field"), render: ({ label }) => label },
            { id: "theirs", label: t("conflict.theirs"), render: ({ theirs }) => <Words text={theirs} /> },
            { id: "mine", label: t("conflict.mine"), render: ({ mine }) => <Words text={mine} /> },
          ]}
        />
      )}
      <div className={styles.actions}>
        <Button onPress={onKeepTheirs}>{t("conflict.keepTheirs")}</Button>
        <Button variant="primary" onPress={onSaveMine} isPending={isPending}>
          {t("conflict.saveMine")}
        </Button>
      </div>
    </div>
  );
}
