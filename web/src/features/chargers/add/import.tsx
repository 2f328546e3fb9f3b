// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Many chargers from a table: the file, what its columns mean, a trial without effect, and then the import itself. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createImport, runImport } from "@/api/sdk.gen";
import styles from "@/features/chargers/add/add.module.css";
import { MapColumns } from "@/features/chargers/add/import-columns";
import { isClear, isOver, useImport, useKind, type OnConflict } from "@/features/chargers/add/import-data";
import { ChooseFile } from "@/features/chargers/add/import-file";
import { Done, Running, Trial } from "@/features/chargers/add/import-result";
import { ErrorState, ForbiddenPage, PageHeader, ProblemBanner, Stepper } from "@/kit";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

type StepId = "file" | "columns" | "trial" | "run";
const STEPS: StepId[] = ["file", "columns", "trial", "run"];

export function ImportPage() {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const missing = ["data:import:run", "charger:charger:create"].find((permission) => !may(permission));
  if (missing === undefined) return <ImportWizard />;
  return <ForbiddenPage title={t("import.title")} permission={missing} />;
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
