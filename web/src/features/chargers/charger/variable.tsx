// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One variable: changed after a question, and who changed it before. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { listConfigurationChanges } from "@/api/sdk.gen";
import type { Charger } from "@/api/types.gen";
import type { Variable } from "@/features/chargers/charger/configuration-data";
import { keyOf } from "@/features/chargers/charger/data";
import { send } from "@/features/chargers/charger/issued";
import { chargerName } from "@/features/chargers/model";
import {
  Ago,
  Checkbox,
  ConfirmDialog,
  Dialog,
  EmptyState,
  ErrorState,
  KeyValue,
  Loading,
  Select,
  Skeleton,
  TextField,
  Timeline,
} from "@/kit";
import { queries } from "@/lib/queries";

const DAY_S = 86_400;
const MOST = 100;

interface Props {
  charger: Charger;
  variable: Variable;
  onClose: () => void;
}

export function EditVariable({ charger, variable, onClose }: Props) {
  const { t } = useTranslation("chargers");
  const [value, setValue] = useState(variable.value ?? "");
  const [waits, setWaits] = useState(!charger.online);
  const isTruth = /^(?:true|false)$/i.test(variable.value ?? "");
  const change = async () => {
    await send(charger.id, { type: "change_configuration", key: variable.key, value }, { queue: waits ? DAY_S : 0 });
    for (const name of ["configuration", "pending", "drift"])
      void queries.invalidateQueries({ queryKey: keyOf(charger.id, name) });
    // what the charger answers comes a moment later
    setTimeout(() => void queries.invalidateQueries({ queryKey: keyOf(charger.id) }), 2_000);
  };
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t("configuration.editTitle", { key: variable.key, name: chargerName(charger) })}
      consequence={<p>{t("configuration.editText")}</p>}
      confirmLabel={t("configuration.change")}
      isIncomplete={value === (variable.value ?? "") || (!charger.online && !waits)}
      onConfirm={change}
    >
      <KeyValue
        layout="list"
        items={[
          { label: t("configuration.now"), value: variable.value },
          ...(variable.drift ? [{ label: t("configuration.template"), value: variable.drift.wanted }] : []),
        ]}
      />
      {isTruth ? (
        <Select
          label={t("configuration.new")}
          options={["true", "false"].map((id) => ({ id, label: id }))}
          selected={value.toLowerCase()}
          onChange={setValue}
        />
      ) : (
        <TextField
          label={t("configuration.new")}
          value={value}
          onChange={setValue}
          isMono
          maxLength={2_500}
          autoComplete="off"
        />
      )}
      {!charger.online && (
        <Checkbox isSelected={waits} onChange={setWaits} description={t("bulk.waitsText")}>
          {t("actions.waits")}
        </Checkbox>
      )}
    </ConfirmDialog>
  );
}

export function VariableHistory({ charger, variable, onClose }: Props) {
  const { t } = useTranslation("chargers");
  const { data, error, refetch } = useQuery({
    queryKey: keyOf(charger.id, "history", variable.key),
    queryFn: async ({ signal }) => {
      const query = { key: [variable.key], limit: MOST };
      return (await listConfigurationChanges({ path: { charger_id: charger.id }, query, signal, throwOnError: true }))
        .data.items;
    },
  });
  return (
    <Dialog
      isOpen
      isDismissable
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t("configuration.historyOf", { key: variable.key })}
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : data.length ? (
        <Timeline
          label={t("configuration.historyOf", { key: variable.key })}
          items={data.map((each) => ({
            id: each.id,
            title: `${each.old_value ?? "–"} → ${each.new_value ?? "–"}`,
            at: <Ago at={each.at} />,
            text:
              each.actor_name === "charger"
                ? t("configuration.byCharger")
                : t("configuration.by", { name: each.actor_name }),
          }))}
        />
      ) : (
        <EmptyState isCompact title={t("configuration.noHistory")} text={t("configuration.noHistoryText")} />
      )}
    </Dialog>
  );
}
