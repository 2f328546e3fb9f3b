// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is set in a charger, how far that is from its template, and what is still on its way. */
import { useQuery } from "@tanstack/react-query";
import { RefreshCw, Settings } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { applyConfigurationTemplate, getChargerDrift } from "@/api/sdk.gen";
import type { Charger, DriftItem } from "@/api/types.gen";
import styles from "@/features/chargers/charger/charger.module.css";
import { useVariables, type Variable } from "@/features/chargers/charger/configuration-data";
import { Component } from "@/features/chargers/charger/configuration-table";
import { capabilitiesQuery, keyOf } from "@/features/chargers/charger/data";
import { DisplayMessages, LocalListCard } from "@/features/chargers/charger/held";
import { send, useIssued } from "@/features/chargers/charger/issued";
import { useLoaded } from "@/features/chargers/charger/status-tab";
import { EditVariable, VariableHistory } from "@/features/chargers/charger/variable";
import { maySend } from "@/features/chargers/commands/words";
import {
  Banner,
  Button,
  Card,
  ConfirmDialog,
  EmptyState,
  ErrorState,
  LinkButton,
  Loading,
  SearchField,
  SegmentedControl,
  Skeleton,
  toast,
  Toolbar,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";

const DAY_S = 86_400;

type Which = "all" | "writable" | "drift" | "pending";

export function ConfigurationTab() {
  const charger = useLoaded()?.charger;
  return charger ? <Configuration charger={charger} /> : null;
}

function Configuration({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const { items, drift, all } = useVariables(charger.id);
  const [q, setQ] = useState("");
  const [which, setWhich] = useState<Which>("all");
  const [editing, setEditing] = useState<Variable | null>(null);
  const [watched, setWatched] = useState<Variable | null>(null);
  const wanted = q.trim().toLocaleLowerCase();
  const shown = all.filter((each) => {
    if (wanted && !`${each.key} ${each.value ?? ""}`.toLocaleLowerCase().includes(wanted)) return false;
    if (which === "writable") return each.readonly !== true;
    if (which === "drift") return each.drift !== undefined && each.drift.state !== "same";
    return which === "pending" ? each.pending !== undefined : true;
  });
  const groups = Map.groupBy(shown, ({ component }) => component);
  const segments = (["all", "writable", "drift", "pending"] as const).map((id) => ({
    id,
    label: t(`configuration.which.${id}`),
  }));
  if (items.error && !items.data) return <ErrorState problem={items.error} onRetry={() => void items.refetch()} />;
  return (
    <>
      {drift.data?.template && (
        <DriftBanner
          charger={charger}
          template={drift.data.template}
          name={drift.data.name ?? ""}
          items={drift.data.items}
        />
      )}
      <Toolbar end={<ReadAgain charger={charger} />}>
        <SearchField
          label={t("configuration.search")}
          isLabelHidden
          placeholder={t("configuration.search")}
          value={q}
          onChange={setQ}
        />
        <div className={styles.scroller}>
          <SegmentedControl<Which>
            size="sm"
            label={t("configuration.show")}
            segments={segments}
            selected={which}
            onChange={setWhich}
          />
        </div>
      </Toolbar>
      {items.isPending ? (
        <Loading>
          <Skeleton variant="block" height="20rem" />
        </Loading>
      ) : shown.length ? (
        <Card title={t("configuration.keys")} isFlush={groups.size <= 1}>
          <div>
            {[...groups].map(([component, variables]) => (
              <Component
                key={component}
                component={component}
                variables={variables}
                isOnly={groups.size <= 1}
                isOpen={wanted !== "" || which !== "all"}
                onEdit={setEditing}
                onHistory={setWatched}
              />
            ))}
          </div>
        </Card>
      ) : (
        <EmptyState
          icon={<Settings aria-hidden />}
          title={t(all.length ? "configuration.noneFound" : "configuration.none")}
          text={all.length ? undefined : t("configuration.noneText")}
          action={all.length ? undefined : <ReadAgain charger={charger} />}
        />
      )}
      <DisplayMessages charger={charger} />
      <LocalListCard charger={charger} />
      {editing && <EditVariable charger={charger} variable={editing} onClose={() => setEditing(null)} />}
      {watched && <VariableHistory charger={charger} variable={watched} onClose={() => setWatched(null)} />}
    </>
  );
}

interface DriftBannerProps {
  charger: Charger;
  template: string;
  name: string;
  items: readonly DriftItem[];
}

function DriftBanner({ charger, template, name, items }: DriftBannerProps) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const may = useMay();
  const [asks, setAsks] = useState(false);
  const count = items.filter(({ state }) => state !== "same").length;
  const apply = async () => {
    const { data } = await getChargerDrift({ path: { charger_id: charger.id }, throwOnError: true });
    if (data.template === null) return;
    const body = { charger_ids: [charger.id], queue_s: charger.online ? 0 : DAY_S };
    const applied = await applyConfigurationTemplate({
      path: { template_id: data.template },
      body,
      throwOnError: true,
    });
    for (const item of "commands" in applied.data ? applied.data.commands : []) useIssued.getState().put(item);
    void queries.invalidateQueries({ queryKey: keyOf(charger.id) });
  };
  return (
    <>
      <Banner
        live="off"
        tone={count ? "warning" : "success"}
        title={
          count
            ? t("configuration.drift", { count, number: format.number(count), name })
            : t("configuration.same", { name })
        }
        action={
          <>
            {count > 0 && maySend("change_configuration", may) && (
              <Button size="sm" onPress={() => setAsks(true)}>
                {t("bulk.template.confirm")}
              </Button>
            )}
            <LinkButton size="sm" to={`/templates/${template}`}>
              {t("configuration.openTemplate")}
            </LinkButton>
          </>
        }
      />
      <ConfirmDialog
        isOpen={asks}
        onOpenChange={setAsks}
        title={t("configuration.applyTitle", { name, charger: charger.id })}
        consequence={<p>{t("configuration.applyText", { count, number: format.number(count) })}</p>}
        confirmLabel={t("bulk.template.confirm")}
        onConfirm={apply}
      />
    </>
  );
}

/** Asks the charger itself; its answers come in a moment later. */
function ReadAgain({ charger }: { charger: Charger }) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const capabilities = useQuery(capabilitiesQuery(charger.id)).data;
  const isNew = capabilities?.commands.includes("get_base_report") ?? false;
  const [isAsking, setAsking] = useState(false);
  if (!maySend("get_configuration", may)) return null;
  const ask = async () => {
    setAsking(true);
    try {
      await send(
        charger.id,
        isNew ? { type: "get_base_report", base: "full_inventory" } : { type: "get_configuration" },
      );
      for (const wait of [1_500, 5_000, 15_000])
        setTimeout(() => void queries.invalidateQueries({ queryKey: keyOf(charger.id, "configuration") }), wait);
    } catch (error) {
      toast({ tone: "danger", title: problemOf(error).message });
    } finally {
      setAsking(false);
    }
  };
  return (
    <Button
      icon={<RefreshCw aria-hidden />}
      isPending={isAsking}
      isDisabled={!charger.online}
      onPress={() => void ask()}
    >
      {charger.online ? t("configuration.read") : t("configuration.readOffline")}
    </Button>
  );
}
