// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Ask the charger to stop: what it answers, and when; an answer is not the end yet. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { CommandItem, TransactionWhole } from "@/api/types.gen";
import styles from "@/features/sessions/stop.module.css";
import { useWords } from "@/features/sessions/words";
import { Banner, Button, ProblemBanner, Spinner } from "@/kit";
import { ask } from "@/lib/chargers";
import { useFormat } from "@/lib/format";
import { problemOf, type Problem } from "@/lib/problems";

interface AskToStopProps {
  session: TransactionWhole;
  onAnswer: () => void;
}

export function AskToStop({ session, onAnswer }: AskToStopProps) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const [askedAt, setAskedAt] = useState<Date | null>(null);
  const [answer, setAnswer] = useState<CommandItem | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const gone = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    gone.current = controller;
    return () => controller.abort();
  }, []);
  const isOffline = session.close_proposal?.ground === "charger_offline";
  const isPending = askedAt !== null && answer === null && problem === null;
  const press = async () => {
    setAskedAt(new Date());
    setAnswer(null);
    setProblem(null);
    try {
      const body = { type: "stop_transaction" as const, transaction_id: session.id };
      setAnswer(await ask(session.charger_id, body, gone.current.signal));
    } catch (error) {
      setProblem(problemOf(error));
    }
    onAnswer();
  };
  return (
    <section className={styles.choice} aria-labelledby="ask-to-stop">
      <h3 id="ask-to-stop">{t("ask.title")}</h3>
      <p className={styles.text}>{t("ask.text")}</p>
      {isOffline && !isPending && <p className={styles.reason}>{t("ask.offline")}</p>}
      <div>
        <Button
          variant="primary"
          autoFocus={!isOffline}
          isDisabled={isOffline}
          isPending={isPending}
          onPress={() => void press()}
        >
          {answer || problem ? t("ask.again") : t("ask.do")}
        </Button>
      </div>
      <div role="status" className={styles.answer}>
        {isPending && (
          <p className={styles.pending}>
            <Spinner label={t("ask.pending")} /> {t("ask.pendingSince", { time: format.time(askedAt) })}
          </p>
        )}
        {answer && <Answer answer={answer} />}
      </div>
      {problem && <ProblemBanner problem={problem} />}
    </section>
  );
}

function Answer({ answer }: { answer: CommandItem }) {
  const { t } = useTranslation("sessions");
  const words = useWords();
  const format = useFormat();
  const { status, reason, finished_at: at } = answer;
  const time = at == null ? "–" : format.exact(at);
  const isAccepted = status === "accepted";
  return (
    <Banner tone={isAccepted ? "success" : "warning"} title={words("outcomes", status)} live="off">
      <p>{isAccepted ? t("ask.acceptedAt", { time }) : t("ask.otherAt", { time })}</p>
      {reason && <p>{reason}</p>}
    </Banner>
  );
}
