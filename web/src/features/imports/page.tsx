// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A table of tags, drivers or users: chosen, tried without changing anything, and then taken over. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createImport, getImport, listImportKinds, listImportRows, runImport } from "@/api/sdk.gen";
import type { Import } from "@/api/types.gen";
import styles from "@/features/imports/imports.module.css";
import {
  Badge,
  Banner,
  Button,
  Card,
  Disclosure,
  FileDrop,
  FormActions,
  LinkButton,
  NoPermission,
  Page,
  ProblemBanner,
  ProgressBar,
  RadioGroup,
  Stepper,
  Table,
} from "@/kit";
import { fetchFile } from "@/lib/files";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const TYPES = [".csv", ".xlsx", ".xls", ".ods"];
const MOST_BYTES = 20_000_000;
const POLL_MS = 1_200;
const SHOWN = 100;
const CONFLICTS = ["skip", "update", "fail"] as const;
type Conflicts = (typeof CONFLICTS)[number];
export type ImportKind = "tokens" | "drivers" | "users";

const PLACES = { tokens: "/tags", drivers: "/drivers", users: "/users" } as const;

export function TagsImportPage() {
  return <ImportPage kind="tokens" />;
}

export function DriversImportPage() {
  return <ImportPage kind="drivers" />;
}

export function UsersImportPage() {
  return <ImportPage kind="users" />;
}

function ImportPage({ kind }: { kind: ImportKind }) {
  const { t } = useTranslation("imports");
  const may = useMay();
  const [started, setStarted] = useState<Import | null>(null);
  const place = PLACES[kind];
  return (
    <Page
      title={t(`${kind}.title`)}
      description={t("intro")}
      breadcrumbs={[{ label: t(`${kind}.list`), to: place }, { label: t(`${kind}.title`) }]}
    >
      {!may("data:import:run") ? (
        <NoPermission permission="data:import:run" />
      ) : started ? (
        <Run first={started} place={place} onAgain={() => setStarted(null)} />
      ) : (
        <Choose kind={kind} onStarted={setStarted} />
      )}
    </Page>
  );
}

function Steps({ current }: { current: "file" | "check" | "done" }) {
  const { t } = useTranslation("imports");
  const steps = (["file", "check", "done"] as const).map((id) => ({ id, label: t(`steps.${id}`) }));
  return <Stepper steps={steps} current={current} />;
}

function Choose({ kind, onStarted }: { kind: ImportKind; onStarted: (started: Import) => void }) {
  const { t } = useTranslation("imports");
  const [file, setFile] = useState<File | null>(null);
  const [conflict, setConflict] = useState<Conflicts>("skip");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const begin = async () => {
    if (!file) return;
    setPending(true);
    setProblem(null);
    try {
      const body = { file, kind, dry_run: true, on_conflict: conflict };
      onStarted((await createImport({ body, throwOnError: true })).data);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <>
      <Steps current="file" />
      <Card title={t("file.title")}>
        <div className={styles.part}>
          <FileDrop
            label={t("file.label")}
            accept={TYPES}
            maxBytes={MOST_BYTES}
            onFiles={([first]) => setFile(first ?? null)}
          />
          <RadioGroup
            label={t("conflict.label")}
            options={CONFLICTS.map((id) => ({ id, label: t(`conflict.${id}`), description: t(`conflict.${id}Text`) }))}
            selected={conflict}
            onChange={setConflict}
          />
          <Fields kind={kind} />
          {problem != null && <ProblemBanner problem={problem} />}
          <FormActions>
            <LinkButton to={PLACES[kind]}>{t("cancel")}</LinkButton>
            <Button variant="primary" isDisabled={!file} isPending={isPending} onPress={() => void begin()}>
              {t("file.check")}
            </Button>
          </FormActions>
        </div>
      </Card>
    </>
  );
}

/** Which columns there may be, and by which names they are known. */
function Fields({ kind }: { kind: ImportKind }) {
  const { t } = useTranslation("imports");
  const { data } = useQuery({
    queryKey: ["imports", "kinds"],
    queryFn: async ({ signal }) => (await listImportKinds({ signal, throwOnError: true })).data.items,
    staleTime: 600_000,
  });
  const fields = data?.find((each) => each.kind === kind)?.fields ?? [];
  if (!fields.length) return null;
  return (
    <Disclosure title={t("fields.title")}>
      <Table
        label={t("fields.title")}
        rows={fields}
        rowId={({ name }) => name}
        columns={[
          {
            id: "name",
            label: t("fields.name"),
            render: ({ name, required }) => (
              <>
                <code>{name}</code> {required && <Badge tone="info">{t("fields.required")}</Badge>}
              </>
            ),
          },
          {
            id: "description",
            label: t("fields.description"),
            render: ({ description, values }) => [description, values.join(", ")].filter(Boolean).join(" "),
          },
          { id: "aliases", label: t("fields.aliases"), render: ({ aliases }) => aliases.join(", ") || "–" },
        ]}
      />
    </Disclosure>
  );
}

interface RunProps {
  first: Import;
  place: string;
  onAgain: () => void;
}

function Run({ first, place, onAgain }: RunProps) {
  const { t } = useTranslation("imports");
  const queries = useQueryClient();
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const { data: found, error } = useQuery({
    queryKey: ["imports", "one", first.id],
    queryFn: async ({ signal }) =>
      (await getImport({ path: { import_id: first.id }, signal, throwOnError: true })).data,
    initialData: first,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : POLL_MS),
  });
  const run = async () => {
    setPending(true);
    setProblem(null);
    try {
      const { data } = await runImport({ path: { import_id: first.id }, throwOnError: true });
      queries.setQueryData(["imports", "one", first.id], data);
      void queries.invalidateQueries({ queryKey: ["tags"] });
      void queries.invalidateQueries({ queryKey: ["drivers"] });
      void queries.invalidateQueries({ queryKey: ["users"] });
    } catch (thrown) {
      setProblem(thrown);
    } finally {
      setPending(false);
    }
  };
  const isChecked = found.dry_run;
  const good = found.created + found.updated;
  return (
    <>
      <Steps current={isChecked ? "check" : "done"} />
      <Card title={t(isChecked ? "check.title" : "done.title")} description={found.file_name}>
        <div className={styles.part}>
          <Progress found={found} />
          {error && <ProblemBanner problem={error} />}
          {problem != null && <ProblemBanner problem={problem} />}
          {found.error && (
            <Banner tone="danger" title={t("refused")}>
              {found.error.message}
            </Banner>
          )}
          <Mapping found={found} />
          {isOver(found) && found.secrets > 0 && <Links found={found} />}
          {isOver(found) && found.failed > 0 && <Failures found={found} />}
          <FormActions start={<Button onPress={onAgain}>{t("another")}</Button>}>
            <LinkButton to={place} variant={isChecked ? "secondary" : "primary"}>
              {t(isChecked ? "cancel" : "finish")}
            </LinkButton>
            {isChecked && (
              <Button
                variant="primary"
                isDisabled={!isOver(found) || !good}
                isPending={isPending}
                onPress={() => void run()}
              >
                {t("check.run", { count: good })}
              </Button>
            )}
          </FormActions>
        </div>
      </Card>
    </>
  );
}

function isOver({ status }: Import): boolean {
  return status !== "queued" && status !== "running";
}

function Progress({ found }: { found: Import }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const done = found.created + found.updated + found.skipped + found.failed;
  const total = found.total ?? 0;
  const words = (name: "created" | "updated" | "skipped" | "failed") =>
    t(`counts.${found.dry_run ? "would" : "did"}.${name}`, { count: found[name] });
  return (
    <>
      {!isOver(found) && (
        <ProgressBar
          label={t(found.dry_run ? "check.running" : "done.running")}
          value={total ? done : undefined}
          max={total || 1}
          valueText={total ? t("progress", { done: format.number(done), total: format.number(total) }) : undefined}
        />
      )}
      <p className={styles.counts} role="status">
        {found.created > 0 && <Badge tone="success">{words("created")}</Badge>}
        {found.updated > 0 && <Badge tone="info">{words("updated")}</Badge>}
        {found.skipped > 0 && <Badge>{words("skipped")}</Badge>}
        {found.failed > 0 && <Badge tone="danger">{words("failed")}</Badge>}
        {isOver(found) && done === 0 && !found.error && <span>{t("counts.nothing")}</span>}
      </p>
    </>
  );
}

/** Of users whom no mail invites: handed on by whoever imports them, and shown this once. */
function Links({ found: { id, secrets } }: { found: Import }) {
  const { t } = useTranslation("imports");
  const queries = useQueryClient();
  const [problem, setProblem] = useState<unknown>(null);
  const take = async () => {
    setProblem(null);
    try {
      await fetchFile(`/api/v1/imports/${encodeURIComponent(id)}/secrets`, "links.csv");
      await queries.invalidateQueries({ queryKey: ["imports", "one", id] });
    } catch (thrown) {
      setProblem(thrown);
    }
  };
  return (
    <>
      <Banner
        tone="warning"
        live="off"
        title={t("links.title", { count: secrets })}
        action={
          <Button size="sm" icon={<Download aria-hidden />} onPress={() => void take()}>
            {t("links.take")}
          </Button>
        }
      >
        {t("links.text")}
      </Banner>
      {problem != null && <ProblemBanner problem={problem} />}
    </>
  );
}

function Mapping({ found: { mapping, headers } }: { found: Import }) {
  const { t } = useTranslation("imports");
  if (!mapping || !headers?.length) return null;
  const rows = headers.map((header) => ({ header, field: mapping[header] ?? null }));
  return (
    <Disclosure title={t("mapping.title", { count: Object.keys(mapping).length })}>
      <Table
        label={t("mapping.label")}
        rows={rows}
        rowId={({ header }) => header}
        columns={[
          { id: "header", label: t("mapping.column"), render: ({ header }) => header },
          {
            id: "field",
            label: t("mapping.field"),
            render: ({ field }) => (field === null ? t("mapping.leftOut") : <code>{field}</code>),
          },
        ]}
      />
    </Disclosure>
  );
}

function Failures({ found }: { found: Import }) {
  const { t } = useTranslation("imports");
  const { data } = useQuery({
    queryKey: ["imports", "failed", found.id, found.status, found.dry_run],
    queryFn: async ({ signal }) => {
      const query = { status: ["failed" as const], limit: SHOWN };
      return (await listImportRows({ path: { import_id: found.id }, query, signal, throwOnError: true })).data.items;
    },
  });
  if (!data?.length) return null;
  return (
    <section className={styles.part}>
      <h3>{t("failures.title")}</h3>
      {found.failed > data.length && <p className={styles.soft}>{t("failures.first", { count: data.length })}</p>}
      <Table
        label={t("failures.title")}
        rows={data}
        rowId={({ number }) => String(number)}
        columns={[
          {
            id: "number",
            label: t("failures.row"),
            align: "end",
            render: ({ number }) => number,
            sortValue: ({ number }) => number,
          },
          {
            id: "values",
            label: t("failures.values"),
            render: ({ values }) => Object.values(values).filter(Boolean).join(", "),
          },
          {
            id: "errors",
            label: t("failures.why"),
            render: ({ errors, reason }) =>
              errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join("; ") || reason,
          },
        ]}
      />
    </section>
  );
}
