// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Many chargers from a table: the file, what its columns mean, a trial without effect, and then the import itself. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Download, FileUp } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import {
  cancelImport,
  createImport,
  fetchImportSecrets,
  getImport,
  listImportKinds,
  listImportRows,
  runImport,
} from "@/api/sdk.gen";
import type { Import, ImportKind, ImportRow } from "@/api/types.gen";
import styles from "@/features/chargers/add/add.module.css";
import {
  Badge,
  Banner,
  Button,
  Card,
  ErrorState,
  FileDrop,
  FormActions,
  LinkButton,
  Loading,
  NoPermission,
  PageHeader,
  ProblemBanner,
  ProgressBar,
  RadioGroup,
  SegmentedControl,
  Select,
  Skeleton,
  Stepper,
  Table,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const MOST_BYTES = 10_000_000;
const TYPES = [".csv", ".xlsx", ".tsv", ".txt"];
const POLL_MS = 1_500;
const PAGE = 100;
const LEFT_OUT = "-";

type StepId = "file" | "columns" | "trial" | "run";
const STEPS: StepId[] = ["file", "columns", "trial", "run"];
type OnConflict = Import["on_conflict"];

export function ImportPage() {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const missing = ["data:import:run", "charger:charger:create"].find((permission) => !may(permission));
  if (missing === undefined) return <ImportWizard />;
  return (
    <>
      <PageHeader title={t("import.title")} />
      <NoPermission permission={missing} />
    </>
  );
}

function isOver(item: Import | undefined): boolean {
  return item !== undefined && item.status !== "queued" && item.status !== "running";
}

/** Every column means something, and nothing that is needed is missing. */
function isClear({ headers, mapping, error }: Import, kind: ImportKind | null | undefined): boolean {
  if (error || !kind || !headers?.length) return false;
  const meant = headers.map((header) => mapping?.[header] ?? LEFT_OUT);
  return !meant.includes(LEFT_OUT) && kind.fields.every(({ name, required }) => !required || meant.includes(name));
}

function useImport(id: string | null): Import | undefined {
  const found = useQuery({
    queryKey: ["imports", id],
    queryFn: async ({ signal }) =>
      (await getImport({ path: { import_id: id ?? "" }, signal, throwOnError: true })).data,
    enabled: id !== null,
    refetchInterval: ({ state }) => (isOver(state.data) ? false : POLL_MS),
    staleTime: 0,
  });
  const job = found.data?.job;
  useEffect(
    () =>
      hear(["job_progressed"], (event) => {
        if (event.type === "job_progressed" && event.id === job)
          void queries.invalidateQueries({ queryKey: ["imports", id] });
      }),
    [id, job],
  );
  return found.data;
}

function useKind() {
  return useQuery({
    queryKey: ["imports", "kinds"],
    queryFn: async ({ signal }) =>
      (await listImportKinds({ signal, throwOnError: true })).data.items.find(({ kind }) => kind === "chargers") ??
      null,
    staleTime: 600_000,
  });
}

function ImportWizard() {
  const { t } = useTranslation("chargers");
  const kind = useKind();
  const [step, setStep] = useState<StepId>("file");
  const [file, setFile] = useState<File | null>(null);
  // a table whose columns were all recognized goes on to its trial; whoever went back sees what they went back to
  const [isFresh, setFresh] = useState(true);
  const [conflict, setConflict] = useState<OnConflict>("skip");
  const [mapping, setMapping] = useState<Record<string, string | null>>({});
  const [current, setCurrent] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isSending, setSending] = useState(false);
  const item = useImport(current);
  const attempt = async (work: () => Promise<void>) => {
    setSending(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  /** Tries every row, and changes nothing. */
  const trial = (next: StepId, from: File | null = file, wanted: Record<string, string | null> = mapping) =>
    attempt(async () => {
      if (!from) return;
      const body = {
        file: from,
        kind: "chargers",
        dry_run: true,
        on_conflict: conflict,
        ...(Object.keys(wanted).length && { mapping: wanted }),
      };
      const { data } = await createImport({ body, throwOnError: true });
      setCurrent(data.id);
      setStep(next);
    });
  const run = () =>
    attempt(async () => {
      if (!item) return;
      const { data } = await runImport({ path: { import_id: item.id }, throwOnError: true });
      // it is the same import: what is known of its trial is not what becomes of it now
      queries.setQueryData(["imports", data.id], data);
      setStep("run");
    });
  const back = (to: StepId) => {
    setProblem(null);
    setFresh(false);
    setStep(to);
  };
  /** Nothing is changed by a trial: a file is tried as soon as it is there. */
  const choose = (next: File | null) => {
    setFile(next);
    setMapping({});
    setFresh(true);
    if (next) void trial("columns", next, {});
  };
  const shown = step === "columns" && isFresh && item && isOver(item) && isClear(item, kind.data) ? "trial" : step;
  return (
    <div className={[styles.page, styles.wide].join(" ")}>
      <PageHeader
        title={t("import.title")}
        breadcrumbs={[{ label: t("title"), to: "/chargers" }, { label: t("import.title") }]}
      />
      <Stepper
        steps={STEPS.map((id) => ({ id, label: t(`import.steps.${id}`) }))}
        current={shown}
        onStep={step === "run" ? undefined : (to) => (to === "run" ? undefined : back(to))}
      />
      {problem !== null && <ProblemBanner problem={problem} />}
      {kind.error ? (
        <ErrorState problem={kind.error} onRetry={() => void kind.refetch()} />
      ) : shown === "file" ? (
        <ChooseFile
          kind={kind.data ?? null}
          file={file}
          conflict={conflict}
          isSending={isSending}
          onFile={choose}
          onConflict={setConflict}
          onNext={() => void trial("columns")}
        />
      ) : !item || !isOver(item) ? (
        <Running item={item} />
      ) : shown === "columns" ? (
        <MapColumns
          item={item}
          kind={kind.data ?? null}
          mapping={mapping}
          isSending={isSending}
          onMapping={setMapping}
          onBack={() => back("file")}
          onNext={() => void trial("trial")}
          onSame={() => setStep("trial")}
        />
      ) : shown === "trial" ? (
        <Trial item={item} isSending={isSending} onBack={() => back("columns")} onRun={() => void run()} />
      ) : (
        <Done item={item} />
      )}
    </div>
  );
}

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

function ChooseFile({ kind, file, conflict, isSending, onFile, onConflict, onNext }: ChooseFileProps) {
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

function Running({ item }: { item: Import | undefined }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  if (!item) {
    return (
      <Loading>
        <Skeleton variant="block" height="8rem" />
      </Loading>
    );
  }
  const done = item.created + item.updated + item.skipped + item.failed;
  const total = item.total ?? undefined;
  return (
    <Card title={t(item.dry_run ? "import.trying" : "import.running", { name: item.file_name })}>
      <ProgressBar
        label={t("import.progress")}
        value={total === undefined ? undefined : done}
        max={Math.max(1, total ?? 1)}
        valueText={
          total === undefined ? undefined : t("import.of", { done: format.number(done), total: format.number(total) })
        }
      />
      <FormActions>
        <Button
          onPress={() =>
            void cancelImport({ path: { import_id: item.id }, throwOnError: true }).then(() =>
              queries.invalidateQueries({ queryKey: ["imports", item.id] }),
            )
          }
        >
          {t("import.cancel")}
        </Button>
      </FormActions>
    </Card>
  );
}

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

function MapColumns({ item, kind, mapping, isSending, onMapping, onBack, onNext, onSame }: MapColumnsProps) {
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

function Counts({ item }: { item: Import }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const kinds = [
    ["created", item.created, "success"],
    ["updated", item.updated, "info"],
    ["skipped", item.skipped, "neutral"],
    ["failed", item.failed, "danger"],
  ] as const;
  return (
    <p className={styles.counts}>
      {kinds.map(([name, count, tone]) => (
        <Badge key={name} tone={count ? tone : "neutral"}>
          {t(`import.counts.${item.dry_run ? "would" : "was"}.${name}`, { count, number: format.number(count) })}
        </Badge>
      ))}
    </p>
  );
}

function Trial({
  item,
  isSending,
  onBack,
  onRun,
}: {
  item: Import;
  isSending: boolean;
  onBack: () => void;
  onRun: () => void;
}) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const good = item.created + item.updated;
  const isWhole = item.status === "done";
  return (
    <Card title={t("import.trialTitle")} description={t("import.trialText")}>
      {!isWhole && (
        <Banner tone="danger" title={t("import.refused")}>
          {item.error?.message}
        </Banner>
      )}
      <Counts item={item} />
      <Rows item={item} />
      <FormActions start={<Button onPress={onBack}>{t("add.back")}</Button>}>
        <Button
          variant="primary"
          isDisabled={!isWhole || good === 0 || item.can?.run_import === false}
          isPending={isSending}
          onPress={onRun}
        >
          {t("import.run", { count: good, number: format.number(good) })}
        </Button>
      </FormActions>
    </Card>
  );
}

type Which = "failed" | "all";

/** What became of the rows; first what is wrong. */
function Rows({ item }: { item: Import }) {
  const { t } = useTranslation("chargers");
  const [which, setWhich] = useState<Which>(item.failed ? "failed" : "all");
  const found = useInfiniteQuery({
    queryKey: ["imports", item.id, "rows", which],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, cursor: pageParam, ...(which === "failed" ? { status: ["failed" as const] } : {}) };
      return (await listImportRows({ path: { import_id: item.id }, query, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const segments = (["failed", "all"] as const).map((id) => ({ id, label: t(`import.rows.${id}`) }));
  const tone = {
    waiting: "neutral",
    created: "success",
    updated: "info",
    skipped: "neutral",
    failed: "danger",
  } as const;
  return (
    <>
      <SegmentedControl<Which>
        size="sm"
        label={t("import.rows.show")}
        segments={segments}
        selected={which}
        onChange={setWhich}
      />
      {found.isPending ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : found.error ? (
        <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Table<ImportRow>
          label={t("import.rows.show")}
          rowId={({ number }) => String(number)}
          rows={rows}
          empty={<p>{t("import.rows.none")}</p>}
          columns={[
            { id: "number", label: t("import.rows.row"), align: "end", render: ({ number }) => String(number) },
            { id: "id", label: t("pending.identity"), render: ({ subject, values }) => subject ?? values.id ?? "–" },
            {
              id: "status",
              label: t("columns.status"),
              render: ({ status }) => <Badge tone={tone[status]}>{t(`import.status.${status}`)}</Badge>,
            },
            {
              id: "why",
              label: t("import.rows.why"),
              render: ({ errors, reason }) =>
                errors.length ? (
                  <ul className={styles.errors}>
                    {errors.map(({ field, message }, index) => (
                      <li key={index}>{field ? `${field}: ${message}` : message}</li>
                    ))}
                  </ul>
                ) : (
                  (reason ?? "–")
                ),
            },
          ]}
        />
      )}
      {found.hasNextPage && (
        <Button size="sm" isPending={found.isFetchingNextPage} onPress={() => void found.fetchNextPage()}>
          {t("import.rows.more")}
        </Button>
      )}
    </>
  );
}

function Done({ item }: { item: Import }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const [problem, setProblem] = useState<unknown>(null);
  const [isFetched, setFetched] = useState(false);
  const isWell = item.status === "done";
  const fetchSecrets = async () => {
    setProblem(null);
    try {
      const { data } = await fetchImportSecrets({ path: { import_id: item.id }, parseAs: "text", throwOnError: true });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([data], { type: "text/csv" }));
      link.download = "charger-passwords.csv";
      link.click();
      URL.revokeObjectURL(link.href);
      setFetched(true);
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => void queries.invalidateQueries({ queryKey: ["chargers"] }), []);
  return (
    <Card title={t(isWell ? "import.done" : "import.stopped")}>
      {item.error && (
        <Banner tone="danger" title={t("import.refused")}>
          {item.error.message}
        </Banner>
      )}
      <Counts item={item} />
      {item.secrets > 0 && !isFetched && (
        <Banner
          tone="warning"
          live="off"
          title={t("import.secrets", { count: item.secrets, number: format.number(item.secrets) })}
          action={
            <Button size="sm" icon={<Download aria-hidden />} onPress={() => void fetchSecrets()}>
              {t("import.fetchSecrets")}
            </Button>
          }
        >
          {t("import.secretsText")}
        </Banner>
      )}
      {problem !== null && <ProblemBanner problem={problem} />}
      {item.failed > 0 && <Rows item={item} />}
      <FormActions>
        <LinkButton to="/chargers" variant="primary">
          {t("import.toChargers")}
        </LinkButton>
      </FormActions>
    </Card>
  );
}
