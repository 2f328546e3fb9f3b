// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A template is brought to chargers: first what that would change and where, then how it goes. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { applyConfigurationTemplate, assignConfigurationTemplate, listConfigurationTemplates } from "@/api/sdk.gen";
import type { CommandItem, TemplateApplication, TemplatePreview } from "@/api/types.gen";
import { templatesChanged } from "@/features/templates/api";
import { configurationPath } from "@/features/templates/chargers";
import { APPLY } from "@/features/templates/list";
import { templatePath } from "@/features/templates/model";
import { KeyState } from "@/features/templates/parts";
import { ApplyProgress } from "@/features/templates/progress";
import type { ApplySearch, Targets } from "@/features/templates/search";
import styles from "@/features/templates/templates.module.css";
import {
  Banner,
  Button,
  Card,
  Checkbox,
  Chip,
  ComboBox,
  ConfirmDialog,
  ErrorState,
  LinkButton,
  Loading,
  MultiSelect,
  NoPermission,
  Page,
  Panel,
  RadioGroup,
  Skeleton,
  Table,
  TextLink,
  toast,
} from "@/kit";
import { findChargers } from "@/lib/chargers";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/templates/apply");
const WAITS_S = 86_400;
const TYPED_FROM = 20;
const MOST_COMMANDS = 2_000;
const MOST_IDS = 500;

interface Sent {
  template: string;
  name: string;
  commands: CommandItem[];
}

export function ApplyTemplatePage() {
  const { t } = useTranslation("templates");
  const may = useMay();
  const [sent, setSent] = useState<Sent | null>(null);
  return (
    <Page
      title={t("apply.title")}
      description={t("apply.text")}
      breadcrumbs={[{ label: t("title"), to: "/templates" }, { label: t("apply.title") }]}
    >
      {!may(APPLY) ? (
        <NoPermission permission={APPLY} />
      ) : sent ? (
        <ApplyProgress
          name={sent.name}
          first={sent.commands}
          actions={
            <>
              <LinkButton to={templatePath(sent.template)}>{t("apply.toTemplate")}</LinkButton>
              <Button onPress={() => setSent(null)}>{t("apply.again")}</Button>
            </>
          }
        />
      ) : (
        <Choose onSent={setSent} />
      )}
    </Page>
  );
}

const WHO = ["all", "some", "filter"] as const;
type Who = (typeof WHO)[number];

function whoOf({ filter, ids }: Targets = {}): Who {
  return filter ? "filter" : ids ? "some" : "all";
}

function bodyOf(targets: Targets | undefined, assigns: boolean): TemplateApplication {
  if (targets?.filter) return { filter: targets.filter, assign: assigns };
  return targets?.ids ? { charger_ids: targets.ids, assign: assigns } : {};
}

function Choose({ onSent }: { onSent: (sent: Sent) => void }) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const assigns = may("charger:charger:update");
  const { template: key, targets } = search;
  const [waits, setWaits] = useState(true);
  const templates = useQuery({
    queryKey: ["templates", "names"],
    queryFn: async ({ signal }) =>
      (await listConfigurationTemplates({ query: { limit: 200 }, signal, throwOnError: true })).data.items,
  });
  const found = templates.data?.find(({ id }) => id === key);
  const change = (next: ApplySearch) => void navigate({ search: next, replace: true });
  const who = whoOf(targets);
  const [filter] = useState(targets?.filter);
  const isReady = found !== undefined && (who !== "some" || Boolean(targets?.ids?.length));
  const isTooMany = (targets?.ids?.length ?? 0) > MOST_IDS;
  const body = bodyOf(targets, assigns);
  const preview = useQuery({
    queryKey: ["templates", "preview", key, body],
    queryFn: async ({ signal }) => {
      const path = { template_id: key ?? "" };
      const { data } = await applyConfigurationTemplate({
        path,
        body: { ...body, dry_run: true },
        signal,
        throwOnError: true,
      });
      return data as TemplatePreview;
    },
    enabled: isReady && !isTooMany,
    staleTime: 0,
    gcTime: 0,
  });
  const choices = WHO.filter((each) => each !== "filter" || filter !== undefined);
  const pick = (next: Who) =>
    change({ template: key, targets: next === "filter" ? { filter } : next === "some" ? { ids: [] } : undefined });
  return (
    <>
      <Card title={t("apply.what")}>
        <Panel>
          {templates.error && <ErrorState isCompact problem={templates.error} />}
          <ComboBox
            label={t("one")}
            options={(templates.data ?? []).map(({ id, name, description }) => ({
              id,
              label: name,
              description: description ?? undefined,
            }))}
            selected={found ? found.id : null}
            onChange={(id) => change({ ...search, template: id ?? undefined })}
          />
          <RadioGroup<Who>
            label={t("apply.who")}
            options={choices.map((id) => ({
              id,
              label: t(`apply.${id}`),
              description: id === "all" && found ? t("apply.has", { count: found.chargers }) : undefined,
            }))}
            selected={who}
            onChange={pick}
          />
          {who === "some" && (
            <MultiSelect
              label={t("columns.chargers")}
              load={findChargers}
              selected={targets?.ids ?? []}
              onChange={(ids) => change({ template: key, targets: { ids } })}
            />
          )}
          {who === "filter" && targets?.filter && <FilterWords filter={targets.filter} />}
        </Panel>
      </Card>
      {isTooMany ? (
        <Banner tone="danger" live="off" title={t("apply.tooManyChargers", { number: format.number(MOST_IDS) })} />
      ) : (
        isReady && (
          <Outcome error={preview.error} data={preview.data} onRetry={() => void preview.refetch()}>
            {preview.data && (
              <Actions
                template={found}
                body={body}
                preview={preview.data}
                waits={waits}
                onWaits={setWaits}
                onSent={(commands) => onSent({ template: found.id, name: found.name, commands })}
                onAssigned={() => void navigate({ to: templatePath(found.id) })}
              />
            )}
          </Outcome>
        )
      )}
    </>
  );
}

/** As the list of chargers was narrowed; its names are those of the API. */
function FilterWords({ filter }: { filter: Record<string, string | string[]> }) {
  const { t } = useTranslation("templates");
  return (
    <div className={styles.counts} role="group" aria-label={t("apply.filter")}>
      {Object.entries(filter).map(([name, value]) => (
        <Chip key={name}>
          <span className="mono">
            {name} = {[value].flat().join(", ")}
          </span>
        </Chip>
      ))}
    </div>
  );
}

interface OutcomeProps {
  error: unknown;
  data: TemplatePreview | undefined;
  onRetry: () => void;
  children: ReactNode;
}

function Outcome({ error, data, onRetry, children }: OutcomeProps) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  return (
    <Card title={t("preview.title")} description={t("preview.text")}>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={onRetry} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={5} />
        </Loading>
      ) : (
        <Panel>
          <dl className={styles.figures}>
            {(["named", "chargers", "changes", "assigned"] as const).map((name) => (
              <div key={name}>
                <dt>{t(`preview.${name}`)}</dt>
                <dd>{format.number(data[name])}</dd>
              </div>
            ))}
          </dl>
          {data.replaced > 0 && (
            <Banner
              tone="warning"
              live="off"
              title={t("preview.replaced", { count: data.replaced, number: format.number(data.replaced) })}
            />
          )}
          {data.changes > MOST_COMMANDS && (
            <Banner tone="danger" live="off" title={t("preview.tooMany", { number: format.number(MOST_COMMANDS) })} />
          )}
          {data.changes > 0 ? (
            <Changes preview={data} />
          ) : (
            <Banner tone="success" live="off" title={t("preview.none")} />
          )}
          {children}
        </Panel>
      )}
    </Card>
  );
}

function Changes({ preview: { first, changes } }: { preview: TemplatePreview }) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  return (
    <>
      <Table
        label={t("preview.title")}
        rows={first}
        rowId={({ charger_id: id, key }) => `${id} ${key}`}
        columns={[
          {
            id: "charger",
            label: t("chargers.charger"),
            sortValue: ({ charger_id: id }) => id,
            render: ({ charger_id: id }) => <TextLink to={configurationPath(id)}>{id}</TextLink>,
          },
          {
            id: "key",
            label: t("form.key"),
            sortValue: ({ key }) => key,
            render: ({ key }) => <span className="mono">{key}</span>,
          },
          {
            id: "actual",
            label: t("keys.actual"),
            render: ({ actual }) => <span className="mono">{actual ?? "–"}</span>,
          },
          {
            id: "wanted",
            label: t("preview.new"),
            render: ({ wanted }) => <strong className="mono">{wanted}</strong>,
          },
          { id: "state", label: t("keys.state"), render: ({ state }) => <KeyState state={state} /> },
        ]}
      />
      {changes > first.length && (
        <p className="soft">
          {t("preview.part", { number: format.number(first.length), total: format.number(changes) })}
        </p>
      )}
    </>
  );
}

interface ActionsProps {
  template: { id: string; name: string };
  body: TemplateApplication;
  preview: TemplatePreview;
  waits: boolean;
  onWaits: (waits: boolean) => void;
  onSent: (commands: CommandItem[]) => void;
  onAssigned: () => void;
}

function Actions({ template, body, preview, waits, onWaits, onSent, onAssigned }: ActionsProps) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  const [asked, setAsked] = useState<"apply" | "assign" | null>(null);
  const path = { template_id: template.id };
  const { name } = template;
  const { chargers, changes, assigned } = preview;
  const apply = async () => {
    const { data } = await applyConfigurationTemplate({
      path,
      body: { ...body, queue_s: waits ? WAITS_S : 0 },
      throwOnError: true,
    });
    templatesChanged();
    onSent("commands" in data ? data.commands : []);
  };
  const assign = async () => {
    const { filter, charger_ids } = body;
    await assignConfigurationTemplate({ path, body: filter ? { filter } : { charger_ids }, throwOnError: true });
    templatesChanged();
    toast({ tone: "success", title: t("assign.done", { name }) });
    onAssigned();
  };
  return (
    <>
      <Checkbox isSelected={waits} onChange={onWaits} description={t("apply.waitsText")}>
        {t("apply.waits")}
      </Checkbox>
      <div className={styles.actions}>
        {assigned > 0 && <Button onPress={() => setAsked("assign")}>{t("assign.action")}</Button>}
        <Button
          variant="primary"
          icon={<Send aria-hidden />}
          isDisabled={changes === 0 || changes > MOST_COMMANDS}
          onPress={() => setAsked("apply")}
        >
          {t("apply.do", { count: changes, number: format.number(changes) })}
        </Button>
      </div>
      <ConfirmDialog
        isOpen={asked === "apply"}
        onOpenChange={(isOpen) => setAsked(isOpen ? "apply" : null)}
        title={t("apply.confirm", { name, count: chargers, number: format.number(chargers) })}
        consequence={t("apply.consequence", { count: changes, number: format.number(changes) })}
        confirmLabel={t("apply.confirmDo")}
        typed={chargers >= TYPED_FROM ? String(chargers) : undefined}
        onConfirm={apply}
      />
      <ConfirmDialog
        isOpen={asked === "assign"}
        onOpenChange={(isOpen) => setAsked(isOpen ? "assign" : null)}
        title={t("assign.title", { name, count: assigned, number: format.number(assigned) })}
        consequence={t("assign.text")}
        confirmLabel={t("assign.action")}
        onConfirm={assign}
      />
    </>
  );
}
