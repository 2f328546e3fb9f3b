// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Is every line as it was written? The chain is walked from its beginning. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { walk, type Walk } from "@/features/audit/api";
import styles from "@/features/audit/audit.module.css";
import { Banner, CopyButton, Dialog, ErrorState, KeyValue, ProgressBar } from "@/kit";
import { useFormat } from "@/lib/format";

type State = { kind: "walking" | "done"; walked: Walk | null } | { kind: "failed"; problem: unknown };

export function VerifyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("audit");
  return (
    <Dialog
      isOpen
      isDismissable
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t("verify.title")}
      description={t("verify.text")}
    >
      <Verification />
    </Dialog>
  );
}

function Verification() {
  const { t } = useTranslation("audit");
  const format = useFormat();
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<State>({ kind: "walking", walked: null });
  useEffect(() => {
    let isOver = false;
    const show = (next: State) => {
      if (!isOver) setState(next);
    };
    show({ kind: "walking", walked: null });
    walk(
      (walked) => show({ kind: "walking", walked }),
      () => isOver,
    ).then(
      (walked) => show({ kind: "done", walked }),
      (problem: unknown) => show({ kind: "failed", problem }),
    );
    return () => {
      isOver = true;
    };
  }, [turn]);
  if (state.kind === "failed") {
    return <ErrorState isCompact problem={state.problem} onRetry={() => setTurn((now) => now + 1)} />;
  }
  const { walked } = state;
  if (state.kind === "walking" || !walked) {
    return (
      <ProgressBar
        label={t("verify.walking")}
        value={walked?.lines}
        max={walked?.head.number}
        valueText={walked ? t("verify.lines", { count: walked.lines }) : undefined}
      />
    );
  }
  const { broken, head } = walked;
  return (
    <div className={styles.entry}>
      {broken ? (
        <Banner tone="danger" title={t("verify.broken", { number: format.number(broken.number) })}>
          <span lang="en" dir="ltr">
            {broken.reason}
          </span>
        </Banner>
      ) : (
        <Banner tone="success" title={t("verify.intact")}>
          {t("verify.lines", { count: walked.lines })}
        </Banner>
      )}
      <KeyValue
        layout="list"
        items={[
          { label: t("verify.erased"), value: format.number(walked.erased) },
          { label: t("verify.head"), value: format.number(head.number) },
          {
            label: t("entry.hash"),
            value: (
              <span className={styles.who}>
                <code className="mono">{head.hash}</code>
                <CopyButton text={head.hash} />
              </span>
            ),
          },
        ]}
      />
      <p className="soft">{t("verify.keep")}</p>
    </div>
  );
}
