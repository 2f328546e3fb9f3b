// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The chargers of a template, and what differs at each. */
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { PlugZap } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listTemplateDrift, unassignConfigurationTemplate } from "@/api/sdk.gen";
import type { ChargerDrift } from "@/api/types.gen";
import { templatesChanged, type Template } from "@/features/templates/api";
import { APPLY } from "@/features/templates/list";
import { modelName } from "@/features/templates/model";
import { KeyState } from "@/features/templates/parts";
import styles from "@/features/templates/templates.module.css";
import {
  Badge,
  BulkBar,
  Button,
  Card,
  ConfirmDialog,
  DataGrid,
  Dialog,
  EmptyState,
  LinkButton,
  NOTHING_SELECTED,
  Panel,
  SearchBox,
  SegmentedControl,
  Table,
  TextLink,
  toast,
  Toolbar,
  type GridColumn,
  type GridSelection,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { Rows } from "@/lib/rows";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/templates/$templateId");
const driftRows = new Rows<ChargerDrift>();
const PAGE = 100;
const MOST = 500;
const NAMED = 2;

export function configurationPath(id: string): string {
  return `/chargers/${encodeURIComponent(id)}/configuration`;
}

function useColumns(): GridColumn<ChargerDrift>[] {
  const { t } = useTranslation("templates");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "charger_id", label: t("chargers.charger"), width: 170, render: ({ charger_id: id }) => id },
      {
        id: "differences",
        label: t("chargers.differences"),
        width: 300,
        render: ({ differences, keys }) =>
          differences === 0 ? (
            <Badge tone="success">{t("drift.none")}</Badge>
          ) : (
            <span className={styles.line}>
              <Badge tone="warning">{format.number(differences)}</Badge>
              <span className="soft">
                {keys
                  .slice(0, NAMED)
                  .map(({ key }) => key)
                  .join(", ")}
              </span>
            </span>
          ),
      },
      {
        id: "model",
        label: t("models.model"),
        width: 220,
        render: (row) => modelName(row) || t("models.unknown"),
      },
      {
        id: "assigned",
        label: t("chargers.assigned"),
        width: 184,
        render: ({ assigned_at: at }) => format.dateTime(at),
      },
      { id: "name", label: t("chargers.name"), width: 160, isHidden: true, render: ({ name }) => name ?? "–" },
    ],
    [t, format],
  );
}

type Which = "all" | "drifted";

export function TemplateChargers({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const may = useMay();
  const navigate = route.useNavigate();
  const [q, setQ] = useState("");
  const [which, setWhich] = useState<Which>("all");
  const [selection, setSelection] = useState<GridSelection>(NOTHING_SELECTED);
  const [shown, setShown] = useState<ChargerDrift | null>(null);
  const [leaving, setLeaving] = useState<ChargerDrift | null>(null);
  const columns = useColumns();
  const path = { template_id: template.id };
  const list = useServerList<ChargerDrift>({
    queryKey: ["templates", "chargers", template.id, q, which],
    rows: driftRows,
    idOf: ({ charger_id: id }) => id,
    load: async (cursor, signal) => {
      const query = { q: q || undefined, limit: PAGE, cursor, ...(which === "drifted" && { "differences[gte]": "1" }) };
      return (await listTemplateDrift({ path, query, signal, throwOnError: true })).data;
    },
  });
  const apply = (ids: string[]) => appPath("/templates/apply", { template: template.id, targets: { ids } });
  const actions = (row: ChargerDrift): MenuAction[] => {
    const id = row.charger_id;
    const found: (MenuAction | false)[] = [
      { id: "differences", label: t("chargers.show"), onAction: () => setShown(row) },
      { id: "configuration", label: t("chargers.configuration"), to: configurationPath(id) },
      may(APPLY) && {
        id: "apply",
        label: t("chargers.apply"),
        to: apply([id]),
        isDisabled: row.differences === 0,
        reason: t("drift.none"),
      },
      may("charger:charger:update") && {
        id: "unassign",
        label: t("unassign.action"),
        onAction: () => setLeaving(row),
        isDanger: true,
        startsGroup: true,
      },
    ];
    return found.filter((each) => each !== false);
  };
  const isNarrowed = q !== "" || which !== "all";
  const clear = () => {
    setQ("");
    setWhich("all");
  };
  const count = selection.ids.size;
  return (
    <Card title={t("columns.chargers")} description={t("chargers.text")}>
      <Panel>
        {(template.chargers > 0 || isNarrowed) && (
          <Toolbar>
            <SearchBox label={t("chargers.search")} value={q} onSearch={setQ} />
            <SegmentedControl<Which>
              size="sm"
              label={t("chargers.which")}
              segments={(["all", "drifted"] as const).map((id) => ({ id, label: t(`chargers.${id}`) }))}
              selected={which}
              onChange={setWhich}
            />
          </Toolbar>
        )}
        <DataGrid<ChargerDrift>
          label={t("columns.chargers")}
          columns={columns}
          {...list.grid}
          height="min(28rem, 60vh)"
          rowName={({ charger_id: id }) => id}
          onOpen={(id) => void navigate({ to: configurationPath(id) })}
          href={({ charger_id: id }) => configurationPath(id)}
          actions={actions}
          selection={may(APPLY) ? selection : undefined}
          onSelection={may(APPLY) ? (next) => setSelection({ ...next, isAll: false }) : undefined}
          empty={
            isNarrowed ? (
              <EmptyState
                isCompact
                title={t("chargers.filtered")}
                action={<Button onPress={clear}>{t("empty.clear")}</Button>}
              />
            ) : (
              <EmptyState
                isCompact
                icon={<PlugZap aria-hidden />}
                title={t("drift.nobody")}
                text={t("chargers.empty")}
                action={
                  may(APPLY) && (
                    <LinkButton variant="primary" to={appPath("/templates/apply", { template: template.id })}>
                      {t("actions.apply")}
                    </LinkButton>
                  )
                }
              />
            )
          }
        />
      </Panel>
      {may(APPLY) && (
        <BulkBar selection={selection} onSelection={setSelection} total={count}>
          <Button
            size="sm"
            isDisabled={count > MOST}
            onPress={() => void navigate({ href: apply([...selection.ids]) })}
          >
            {t("actions.apply")}
          </Button>
        </BulkBar>
      )}
      {shown && <Differences drift={shown} onClose={() => setShown(null)} />}
      {leaving && <Leave drift={leaving} name={template.name} onClose={() => setLeaving(null)} />}
    </Card>
  );
}

function Differences({ drift, onClose }: { drift: ChargerDrift; onClose: () => void }) {
  const { t } = useTranslation("templates");
  return (
    <Dialog
      title={t("chargers.title", { charger: drift.charger_id })}
      size="lg"
      isDismissable
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      <Table
        label={t("chargers.differences")}
        rows={drift.keys}
        rowId={({ key }) => key}
        empty={<EmptyState isCompact title={t("drift.none")} />}
        columns={[
          { id: "key", label: t("form.key"), render: ({ key }) => <span className="mono">{key}</span> },
          {
            id: "actual",
            label: t("keys.actual"),
            render: ({ actual }) => <span className="mono">{actual ?? "–"}</span>,
          },
          {
            id: "wanted",
            label: t("keys.wanted"),
            render: ({ wanted }) => <span className="mono">{wanted}</span>,
          },
          { id: "state", label: t("keys.state"), render: ({ state }) => <KeyState state={state} /> },
        ]}
      />
      <TextLink to={configurationPath(drift.charger_id)}>{t("chargers.configuration")}</TextLink>
    </Dialog>
  );
}

function Leave({
  drift: { charger_id: charger },
  name,
  onClose,
}: {
  drift: ChargerDrift;
  name: string;
  onClose: () => void;
}) {
  const { t } = useTranslation("templates");
  const queries = useQueryClient();
  const leave = async () => {
    await unassignConfigurationTemplate({ path: { charger_id: charger }, throwOnError: true });
    templatesChanged();
    void queries.invalidateQueries({ queryKey: ["charger", charger] });
    toast({ tone: "success", title: t("unassign.done", { charger, name }) });
  };
  return (
    <ConfirmDialog
      title={t("unassign.title", { charger })}
      consequence={t("unassign.text", { name })}
      confirmLabel={t("unassign.action")}
      isDanger
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={leave}
    />
  );
}
