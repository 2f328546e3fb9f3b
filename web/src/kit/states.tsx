// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What stands where something should be: nothing yet, an error, or no right to see it. */
import { CircleAlert, CloudOff, Lock, RotateCw, SearchX } from "lucide-react";
import type { ReactNode } from "react";

import { useFormat } from "@/lib/format";
import { problemOf, type Problem } from "@/lib/problems";

import { Banner } from "./banner";
import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { cx } from "./cx";
import styles from "./states.module.css";
import { useKitText } from "./text";

export interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  text?: ReactNode;
  /** One primary action; for a list that is only filtered empty, the one that clears the filters. */
  action?: ReactNode;
  children?: ReactNode;
  /** Inside a card or beside others. */
  isCompact?: boolean;
  /** It is all that there is: its title is the page's. */
  isPage?: boolean;
}

export function EmptyState({ icon, title, text, action, children, isCompact, isPage }: EmptyStateProps) {
  const Title = isPage ? "h1" : "p";
  return (
    <div className={cx(styles.state, isCompact && styles.compact)}>
      <span className={styles.icon}>{icon ?? <SearchX aria-hidden />}</span>
      <Title className={styles.title}>{title}</Title>
      {text && <p className={styles.text}>{text}</p>}
      {children}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

/** A title in the reader's language; the server's own words stand below it. */
function kindOf({ status }: Problem): string {
  if (status === 0) return "unreachable";
  if (status >= 500) return "server";
  return [400, 401, 403, 404, 409, 412, 422, 429].includes(status) ? String(status) : "other";
}

/** Brief: without the words of the server, where what stands beside it says the same. */
function ProblemDetails({ problem, isBrief }: { problem: Problem; isBrief?: boolean }) {
  const t = useKitText();
  const format = useFormat();
  const { detail, retryAfter, traceId, status } = problem;
  return (
    <>
      {status !== 0 && detail && !isBrief && <p>{detail}</p>}
      {retryAfter !== null && <p>{t("problem.wait", { time: format.duration(retryAfter) })}</p>}
      {traceId && (
        <p className={styles.trace}>
          <span>{t("problem.trace")}</span> <code>{traceId}</code>
          <CopyButton text={traceId} label={t("problem.copyTrace")} />
        </p>
      )}
    </>
  );
}

export interface ErrorStateProps {
  /** Whatever was thrown. */
  problem: unknown;
  onRetry?: () => void;
  isCompact?: boolean;
}

/** Only as large as what failed: a tile, a row, a page. */
export function ErrorState({ problem: thrown, onRetry, isCompact }: ErrorStateProps) {
  const t = useKitText();
  const problem = problemOf(thrown);
  return (
    <div role="alert" className={cx(styles.state, isCompact && styles.compact)}>
      <span className={cx(styles.icon, styles.bad)}>
        {problem.status === 0 ? <CloudOff aria-hidden /> : <CircleAlert aria-hidden />}
      </span>
      <p className={styles.title}>{t(`problem.${kindOf(problem)}`)}</p>
      <div className={styles.text}>
        <ProblemDetails problem={problem} />
      </div>
      {onRetry && (
        <div className={styles.action}>
          <Button icon={<RotateCw aria-hidden />} onPress={onRetry}>
            {t("retry")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** The same as a banner, for what was refused inside a form or a dialog. */
export function ProblemBanner({
  problem: thrown,
  action,
  isBrief,
}: {
  problem: unknown;
  action?: ReactNode;
  isBrief?: boolean;
}) {
  const t = useKitText();
  const problem = problemOf(thrown);
  return (
    <Banner tone="danger" title={t(`problem.${kindOf(problem)}`)} action={action}>
      <ProblemDetails problem={problem} isBrief={isBrief} />
    </Banner>
  );
}

/** Says which right is missing, so that one knows what to ask for. */
export function NoPermission({ permission, isCompact }: { permission: string; isCompact?: boolean }) {
  const t = useKitText();
  return (
    <EmptyState
      isCompact={isCompact}
      icon={<Lock aria-hidden />}
      title={t("noPermission.title")}
      text={
        <>
          {t("noPermission.text")} <code>{permission}</code>
        </>
      }
    />
  );
}
