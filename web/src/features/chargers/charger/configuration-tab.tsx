// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is set in a charger, how far that is from its template, and what is still on its way. */
import { useQuery } from "@tanstack/react-query";
import { History, Pencil, RefreshCw, Settings } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import {
  applyConfigurationTemplate,
  getChargerDrift,
  getConfigurationTemplate,
  listChargerConfiguration,
  listCommands,
} from "@/api/sdk.gen";
import type { Charger, CommandItem, ConfigurationItem, DriftItem } from "@/api/types.gen";
import styles from "@/features/chargers/charger/charger.module.css";
import { capabilitiesQuery, keyOf } from "@/features/chargers/charger/data";
import { DisplayMessages, LocalListCard } from "@/features/chargers/charger/held";
import { send, useIssued } from "@/features/chargers/charger/issued";
import { useLoaded } from "@/features/chargers/charger/status-tab";
import { EditVariable, VariableHistory } from "@/features/chargers/charger/variable";
import { maySend } from "@/features/chargers/commands/words";
import {
  Ago,
  Badge,
  Banner,
  Button,
  Card,
  ConfirmDialog,
  Disclosure,
  EmptyState,
  ErrorState,
  IconButton,
  LinkButton,
  Loading,
  SearchField,
  SegmentedControl,
  Skeleton,
  Table,
  toast,
  Toolbar,
  type TableColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";

const PAGE = 500;
const MOST_PAGES = 20;
const DAY_S = 86_400;

type Which = "all" | "writable" | "drift" | "pending";

export interface Variable extends ConfigurationItem {
  component: string;
  variable: string;
  drift?: DriftItem;
  pending?: CommandItem;
}

function configurationQuery(id: string) {
  return {
    queryKey: keyOf(id, "configuration"),
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<ConfigurationItem[]> => {
      const items: ConfigurationItem[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const { data } = await listChargerConfiguration({
          path: { charger_id: id },
          query: { limit: PAGE, cursor },
          signal,
          throwOnError: true,
        });
        items.push(...data.items);
        if (data.next_cursor === null) break;
        cursor = data.next_cursor;
      }
      return items;
    },
  };
}

function driftQuery(id: string) {
  return {
    queryKey: keyOf(id, "drift"),
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const { data } = await getChargerDrift({ path: { charger_id: id }, signal, throwOnError: true });
      if (data.template === null) return { ...data, name: null };
      const template = await getConfigurationTemplate({
        path: { template_id: data.template },
        signal,
        throwOnError: true,
      });
      return { ...data, name: template.data.name };
    },
  };
}

/** Changes that were sent and not answered yet, or that wait for the charger to connect. */
function pendingQuery(id: string) {
  return {
    queryKey: keyOf(id, "pending"),
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const query = { charger_id: [id], type: ["change_configuration"], status: ["pending"], limit: 100 };
      return (await listCommands({ query, signal, throwOnError: true })).data.items;
    },
    refetchInterval: 10_000,
  };
}

/** In OCPP 2.x a key is Component.Variable; in 1.6 it is a name alone. */
function placeOf(key: string): { component: string; variable: string } {
  const dot = key.lastIndexOf(".");
  return dot < 0 ? { component: "", variable: key } : { component: key.slice(0, dot), variable: key.slice(dot + 1) };
}

function joined(
  items: readonly ConfigurationItem[],
  drift: readonly DriftItem[],
  pending: readonly CommandItem[],
): Variable[] {
  const wanted = new Map(drift.map((each) => [each.key, each]));
  const sent = new Map(pending.map((each) => [String(each.body.key), each]));
  return items.map((item) => ({
    ...item,
    ...placeOf(item.key),
    drift: wanted.get(item.key),
    pending: sent.get(item.key),
  }));
}

export function ConfigurationTab() {
  const charger = useLoaded()?.charger;
  return charger ? <Configuration charger={charger} /> : null;
}

function useVariables(id: string) {
  const items = useQuery(configurationQuery(id));
  const drift = useQuery(driftQuery(id));
  const pending = useQuery(pendingQuery(id));
  const all = useMemo(
    () => joined(items.data ?? [], drift.data?.items ?? [], pending.data ?? []),
    [items.data, drift.data, pending.data],
  );
  return { items, drift, all };
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

interface ComponentProps {
  component: string;
  variables: readonly Variable[];
  isOnly: boolean;
  isOpen: boolean;
  onEdit: (variable: Variable) => void;
  onHistory: (variable: Variable) => void;
}

function Component({ component, variables, isOnly, isOpen, onEdit, onHistory }: ComponentProps) {
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
