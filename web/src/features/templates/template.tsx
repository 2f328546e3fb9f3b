// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One template: what it says, how far its chargers are from that, and when it was sent. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Pencil, Send } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { listAudit } from "@/api/sdk.gen";
import type { AuditItem, DriftSummary } from "@/api/types.gen";
import { summaryQuery, templateQuery, templatesChanged, type Template } from "@/features/templates/api";
import { TemplateChargers } from "@/features/templates/chargers";
import { APPLY, WRITE, type Asked } from "@/features/templates/list";
import { awayOf, generationOf, modelName } from "@/features/templates/model";
import { Drifted } from "@/features/templates/parts";
import styles from "@/features/templates/templates.module.css";
import {
  Ago,
  AwaitedPage,
  Button,
  Card,
  Columns,
  deletion,
  EmptyState,
  ErrorState,
  KeyValue,
  LinkButton,
  Loading,
  MenuButton,
  Page,
  Skeleton,
  Table,
  Timeline,
  type TableColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/templates/$templateId");
const Dialogs = lazy(() => import("@/features/templates/dialogs").then((file) => ({ default: file.TemplateDialogs })));
const READ = "charger:charger:read";
const FEW = 30;

export function TemplatePage() {
  const { t } = useTranslation("templates");
  const { templateId } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...templateQuery(templateId), enabled: may(READ) });
  if (query.data) return <One template={query.data.item} />;
  return (
    <AwaitedPage title={t("one")} list={{ label: t("title"), to: "/templates" }} permission={READ} query={query} />
  );
}

function One({ template }: { template: Template }) {
  const { t } = useTranslation("templates");
  const may = useMay();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = (kind: Asked["kind"]) => () => setAsked({ kind, id: template.id });
  const summary = useQuery(summaryQuery(template.id));
  return (
    <Page
      title={template.name}
      description={template.description}
      status={<Drifted summary={summary.data ?? (summary.error ? null : undefined)} chargers={template.chargers} />}
      breadcrumbs={[{ label: t("title"), to: "/templates" }, { label: template.name }]}
      actions={
        <>
          {may(APPLY) && (
            <LinkButton
              to={appPath("/templates/apply", { template: template.id })}
              variant="primary"
              icon={<Send aria-hidden />}
            >
              {t("actions.apply")}
            </LinkButton>
          )}
          {may(WRITE) && (
            <>
              <Button icon={<Pencil aria-hidden />} onPress={ask("edit")}>
                {t("actions.edit")}
              </Button>
              <MenuButton
                label={t("actions.more")}
                isIconOnly
                variant="secondary"
                items={[deletion(t("actions.delete"), ask("delete"))]}
              />
            </>
          )}
        </>
      }
    >
      {summary.error && <ErrorState isCompact problem={summary.error} onRetry={() => void summary.refetch()} />}
      <Keys template={template} summary={summary.data} />
      <TemplateChargers template={template} />
      <Columns>
        <Facts template={template} summary={summary.data} />
        {may("system:audit:read") && <Pushes id={template.id} />}
      </Columns>
      {asked && (
        <Suspense>
          <Dialogs
            asked={asked}
            onClose={() => setAsked(null)}
            onDeleted={() => void navigate({ to: "/templates" }).then(() => templatesChanged())}
          />
        </Suspense>
      )}
    </Page>
  );
}

interface KeyRow {
  key: string;
  wanted: string;
  same: number;
  different: number;
  readonly: number;
  unknown: number;
}

const STATES = ["same", "different", "readonly", "unknown"] as const;

/** Without chargers a key is only what it should be. */
function Keys({ template, summary }: { template: Template; summary: DriftSummary | undefined }) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  const counted = new Map(summary?.keys.map((each) => [each.key, each]));
  const rows: KeyRow[] = Object.entries(template.values)
    .map(([key, wanted]) => ({ same: 0, different: 0, readonly: 0, unknown: 0, ...counted.get(key), key, wanted }))
    .toSorted((one, other) => awayOf(other) - awayOf(one) || one.key.localeCompare(other.key));
  const columns: TableColumn<KeyRow>[] = [
    {
      id: "key",
      label: t("form.key"),
      sortValue: ({ key }) => key,
      render: ({ key }) => <span className="mono">{key}</span>,
    },
    {
      id: "wanted",
      label: t("keys.wanted"),
      render: ({ wanted }) => <span className="mono">{wanted || t("keys.nothing")}</span>,
    },
  ];
  if (summary && template.chargers > 0) {
    for (const state of STATES) {
      columns.push({
        id: state,
        label: t(`state.${state}`),
        align: "end",
        sortValue: (row) => row[state],
        render: (row) => (row[state] ? format.number(row[state]) : "–"),
      });
    }
  }
  return (
    <Card title={t("keys.title")} description={template.chargers > 0 ? t("keys.text") : undefined} isFlush>
      <Table label={t("keys.title")} rows={rows} rowId={({ key }) => key} columns={columns} />
    </Card>
  );
}

function Facts({ template, summary }: { template: Template; summary: DriftSummary | undefined }) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  return (
    <Card title={t("models.title")} isFlush={Boolean(summary?.models.length)}>
      {summary?.models.length ? (
        <Table
          label={t("models.title")}
          rows={summary.models}
          rowId={(row) => JSON.stringify([row.vendor, row.model, row.protocol])}
          columns={[
            {
              id: "model",
              label: t("models.model"),
              render: (row) => modelName(row) || t("models.unknown"),
              sortValue: modelName,
            },
            {
              id: "chargers",
              label: t("columns.chargers"),
              align: "end",
              render: ({ chargers }) => format.number(chargers),
              sortValue: ({ chargers }) => chargers,
            },
            {
              id: "drifted",
              label: t("models.drifted"),
              align: "end",
              render: ({ drifted }) => format.number(drifted),
              sortValue: ({ drifted }) => drifted,
            },
          ]}
        />
      ) : (
        <p className="soft">{t("drift.nobody")}</p>
      )}
      <div className={summary?.models.length ? styles.padded : undefined}>
        <KeyValue
          items={[
            { label: t("columns.generation"), value: t(`generations.${generationOf(Object.keys(template.values))}`) },
            { label: t("columns.created"), value: format.dateTime(template.created_at) },
            { label: t("columns.updated"), value: format.dateTime(template.updated_at) },
          ]}
        />
      </div>
    </Card>
  );
}

function numberOf(line: AuditItem, name: string): number | null {
  const { after } = line;
  if (typeof after !== "object" || after === null) return null;
  const value = (after as Record<string, unknown>)[name];
  return typeof value === "number" ? value : null;
}

/** Who gave it to whom, and when it was sent. */
function Pushes({ id }: { id: string }) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ["templates", "pushes", id],
    queryFn: async ({ signal }) => {
      const query = { subject_kind: ["configuration_template"], subject_id: [id], limit: FEW };
      return (await listAudit({ query, signal, throwOnError: true })).data.items;
    },
  });
  const words = (line: AuditItem): string => {
    const what = line.action.split(":").at(-1) ?? "";
    const count = numberOf(line, what === "assign" ? "count" : "chargers") ?? 0;
    const changes = format.number(numberOf(line, "changes") ?? 0);
    return t(`pushes.${what}`, { count, number: format.number(count), changes, defaultValue: line.action });
  };
  return (
    <Card title={t("pushes.title")}>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={3} />
        </Loading>
      ) : data.length ? (
        <Timeline
          label={t("pushes.title")}
          items={data.map((line) => ({
            id: String(line.number),
            title: words(line),
            at: <Ago at={line.at} />,
            text: line.actor_name,
            tone: line.action.endsWith(":apply") ? "info" : "neutral",
          }))}
        />
      ) : (
        <EmptyState isCompact title={t("pushes.empty")} />
      )}
    </Card>
  );
}
