// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Block a tag: what that concerns, what else shall happen, and how far it is. */
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, CircleX } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Token, TokenLocalList, Transaction } from "@/api/types.gen";
import { listsQuery, runningQuery, tagQuery, tagsChanged } from "@/features/tags/api";
import { block, stepsOf, type Plan, type Step } from "@/features/tags/blocking";
import styles from "@/features/tags/tags.module.css";
import { Button, Checkbox, cx, Dialog, DialogActions, Panel, ProblemBanner, Skeleton, Spinner } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

interface BlockTagProps {
  tag: Token;
  etag: string | null;
  onClose: () => void;
}

export function BlockTag({ tag, etag, onClose }: BlockTagProps) {
  const { t } = useTranslation("tags");
  const [steps, setSteps] = useState<Step[] | null>(null);
  const [isRunning, setRunning] = useState(false);
  const gone = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    gone.current = controller;
    return () => controller.abort();
  }, []);
  const run = async (plan: Plan) => {
    setSteps(stepsOf(plan));
    setRunning(true);
    await block(
      plan,
      (id, change) => setSteps((now) => now?.map((step) => (step.id === id ? { ...step, ...change } : step)) ?? null),
      gone.current.signal,
    );
    setRunning(false);
    tagsChanged();
  };
  return (
    <Dialog
      title={t("block.title", { name: tag.value })}
      role="alertdialog"
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {(close) =>
        steps ? (
          <Progress tag={tag} steps={steps} isRunning={isRunning} onClose={close} onAgain={() => setSteps(null)} />
        ) : (
          <Question tag={tag} etag={etag} onClose={close} onBlock={(plan) => void run(plan)} />
        )
      }
    </Dialog>
  );
}

interface QuestionProps extends BlockTagProps {
  onBlock: (plan: Plan) => void;
}

function Question({ tag, etag, onClose, onBlock }: QuestionProps) {
  const { t } = useTranslation("tags");
  const may = useMay();
  const [isStopping, setStopping] = useState(false);
  const [isUpdating, setUpdating] = useState(true);
  const running = useQuery(runningQuery(tag.value, may("transaction:transaction:read")));
  const lists = useQuery(listsQuery(tag.id, may("charger:charger:read")));
  const mayStop = may("charger:command:send") && may("transaction:transaction:control");
  const mayUpdate = may("charger:command:send") && may("charger:local_list:write");
  const sessions = running.data ?? [];
  const chargers = lists.data?.map(({ charger_id: id }) => id) ?? [];
  const isReading = running.isLoading || lists.isLoading;
  const plan = { tag, etag, sessions: isStopping ? sessions : [], chargers: mayUpdate && isUpdating ? chargers : [] };
  return (
    <Panel>
      <p>{t("block.text")}</p>
      {isReading && <Skeleton lines={3} />}
      {running.error && <ProblemBanner problem={running.error} />}
      {sessions.length > 0 && (
        <Running sessions={sessions}>
          {mayStop && (
            <Checkbox isSelected={isStopping} onChange={setStopping}>
              {t("block.stopToo")}
            </Checkbox>
          )}
        </Running>
      )}
      {lists.error && <ProblemBanner problem={lists.error} />}
      {chargers.length > 0 && (
        <Known lists={lists.data ?? []}>
          {mayUpdate ? (
            <Checkbox isSelected={isUpdating} onChange={setUpdating} description={t("block.queued")}>
              {t("block.updateToo")}
            </Checkbox>
          ) : (
            <p className="soft">{t("block.mayNotUpdate")}</p>
          )}
        </Known>
      )}
      {!isReading && !sessions.length && !chargers.length && !running.error && !lists.error && (
        <p className="soft">{t("block.nothingElse")}</p>
      )}
      <DialogActions>
        <Button autoFocus onPress={onClose}>
          {t("form.cancel")}
        </Button>
        <Button variant="danger" onPress={() => onBlock(plan)} isDisabled={isReading}>
          {t("block.do")}
        </Button>
      </DialogActions>
    </Panel>
  );
}

function Running({ sessions, children }: { sessions: readonly Transaction[]; children: React.ReactNode }) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  return (
    <section className={styles.affected}>
      <h3>{t("block.running", { count: sessions.length })}</h3>
      <ul>
        {sessions.map(({ id, charger_id: charger, connector_id: connector, start_timestamp: at, energy_wh: wh }) => (
          <li key={id}>
            {[`${charger} · ${connector}`, at && format.dateTime(at), wh !== null && format.energy(wh)]
              .filter(Boolean)
              .join(" – ")}
          </li>
        ))}
      </ul>
      {children}
    </section>
  );
}

function Known({ lists, children }: { lists: readonly TokenLocalList[]; children: React.ReactNode }) {
  const { t } = useTranslation("tags");
  return (
    <section className={styles.affected}>
      <h3>{t("block.lists", { count: lists.length })}</h3>
      <ul>
        {lists.map(({ charger_id: charger }) => (
          <li key={charger}>{charger}</li>
        ))}
      </ul>
      {children}
    </section>
  );
}

const ICONS = { waiting: CircleDashed, done: CircleCheck, failed: CircleX };

interface ProgressProps {
  tag: Token;
  steps: readonly Step[];
  isRunning: boolean;
  onClose: () => void;
  onAgain: () => void;
}

function Progress({ tag, steps, isRunning, onClose, onAgain }: ProgressProps) {
  const { t } = useTranslation("tags");
  const { refetch } = useQuery(tagQuery(tag.id));
  const isRefused = !isRunning && steps[0]?.state === "failed";
  const again = async () => {
    await refetch();
    onAgain();
  };
  return (
    <Panel>
      <ul aria-live="polite">
        {steps.map((step) => (
          <li
            key={step.id}
            className={cx(
              styles.step,
              step.state === "done" && styles.ok,
              step.state === "failed" && styles.bad,
              step.state === "waiting" && styles.waiting,
            )}
          >
            <StepIcon step={step} />
            <span>{t(`block.steps.${step.kind}`, { subject: step.subject, count: Number(step.subject) || 0 })}</span>
            <Result step={step} />
          </li>
        ))}
      </ul>
      <DialogActions>
        {isRefused && <Button onPress={() => void again()}>{t("block.again")}</Button>}
        <Button variant={isRefused ? "secondary" : "primary"} onPress={onClose}>
          {isRunning ? t("block.hide") : t("block.close")}
        </Button>
      </DialogActions>
    </Panel>
  );
}

function StepIcon({ step: { state } }: { step: Step }) {
  const { t } = useTranslation("tags");
  if (state === "running") return <Spinner label={t("block.states.running")} />;
  const Icon = ICONS[state];
  return <Icon role="img" aria-label={t(`block.states.${state}`)} />;
}

function Result({ step: { state, status, reason, counts, problem, at, kind } }: { step: Step }) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const parts = [
    problem && (problem.status === 412 ? t("block.changed") : problem.message),
    status && t(`outcomes.${status}`, { defaultValue: status }),
    reason,
    kind === "lists" &&
      counts &&
      format.list(
        Object.entries(counts).map(
          ([name, count]) => `${t(`outcomes.${name}`, { defaultValue: name })}: ${format.number(count)}`,
        ),
      ),
    at !== undefined && state !== "waiting" && format.time(at),
  ];
  return <span className={styles.result}>{parts.filter(Boolean).join(" · ")}</span>;
}
