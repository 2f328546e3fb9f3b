// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was refused, in words of the reader's language where there are some; waiting is counted down. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Banner, ProblemBanner } from "@/kit";
import { useFormat } from "@/lib/format";
import { problemOf } from "@/lib/problems";

import { PasskeyStoppedError } from "./passkeys";

const SECOND_MS = 1_000;

/** Seconds until it may be tried again; none where nobody has to wait. */
export function useWait(thrown: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const seconds = thrown && !(thrown instanceof PasskeyStoppedError) ? problemOf(thrown).retryAfter : null;
    if (seconds === null) {
      setLeft(0);
      return;
    }
    const end = Date.now() + seconds * SECOND_MS;
    const look = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / SECOND_MS)));
    look();
    const timer = setInterval(look, SECOND_MS);
    return () => clearInterval(timer);
  }, [thrown]);
  return left;
}

export function Refusal({ problem: thrown, wait = 0 }: { problem: unknown; wait?: number }) {
  const { t, i18n } = useTranslation("accounts");
  const format = useFormat();
  if (!thrown) return null;
  if (thrown instanceof PasskeyStoppedError) return <Banner tone="warning" title={t("problems.passkey_stopped")} />;
  const problem = problemOf(thrown);
  if (problem.status === 429) {
    if (wait === 0) return <Banner tone="info" title={t("problems.again")} />;
    // the seconds that pass are not read out each: the first words are
    return (
      <Banner tone="warning" title={t("problems.wait")}>
        <span aria-hidden className="numbers">
          {t("problems.waitFor", { time: format.duration(wait) })}
        </span>
      </Banner>
    );
  }
  const key = `problems.${problem.code}`;
  if (!i18n.exists(key, { ns: "accounts" })) return <ProblemBanner problem={problem} />;
  return <Banner tone="danger" title={t(key)} />;
}
