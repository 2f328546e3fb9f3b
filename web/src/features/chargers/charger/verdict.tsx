// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Why a charger is as it is: the most probable cause, what to do, and the facts that say so. */
import { useQuery } from "@tanstack/react-query";
import { ArrowRight, CircleCheck, CircleX, Info, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Charger, ChargerHealth, HealthEvidence } from "@/api/types.gen";
import { healthQuery } from "@/features/chargers/charger/data";
import { send } from "@/features/chargers/charger/issued";
import { spoken } from "@/features/chargers/charger/parameters";
import styles from "@/features/chargers/charger/verdict.module.css";
import { maySend, useCommandText } from "@/features/chargers/commands/words";
import { chargerPath } from "@/features/chargers/model";
import { Ago, Button, Card, ErrorState, LinkButton, Loading, Skeleton, toast } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";

const ICONS = { ok: CircleCheck, info: Info, warning: TriangleAlert, critical: CircleX };

export function Verdict({ charger, zone }: { charger: Charger; zone?: string | null }) {
  const { t } = useTranslation("chargers");
  const { data, error, refetch } = useQuery(healthQuery(charger.id));
  if (error && !data) {
    return (
      <Card>
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      </Card>
    );
  }
  if (!data) {
    return (
      <Loading>
        <Card>
          <Skeleton lines={3} />
        </Card>
      </Loading>
    );
  }
  const Icon = ICONS[data.severity];
  return (
    <section aria-label={t("health.label")} className={[styles.verdict, styles[data.severity]].join(" ")}>
      <span className={styles.icon}>
        <Icon aria-hidden />
      </span>
      <div className={styles.words}>
        <h2 className={styles.title}>
          {t(`health.verdicts.${data.verdict}`)}
          {data.since && (
            <span className={styles.since}>
              {t("health.since")} <Ago at={data.since} zone={zone} />
            </span>
          )}
        </h2>
        <Cause health={data} zone={zone} />
        {data.step && <Step charger={charger} health={data} />}
        {data.evidence.length > 0 && (
          <Evidence items={data.evidence} least={data.severity === "ok" ? SHOWN_WELL : SHOWN} zone={zone} />
        )}
      </div>
    </section>
  );
}

function Cause({ health: { cause, verdict }, zone }: { health: ChargerHealth; zone?: string | null }) {
  const { t } = useTranslation("chargers");
  const format = useFormat(zone);
  if (!cause)
    return <p className={styles.cause}>{t(`health.fine.${verdict}`, { defaultValue: t("health.fine.healthy") })}</p>;
  const words = { ...spoken(cause.parameters, format), defaultValue: cause.text };
  return <p className={styles.cause}>{t(`health.causes.${cause.code}`, words)}</p>;
}

/** Where a step is taken: a tab of the charger, or another screen. */
const PLACES: Readonly<Record<string, (charger: string) => string>> = {
  set_password: (id) => chargerPath(id, "security"),
  renew_certificate: (id) => chargerPath(id, "security"),
  check_security: (id) => chargerPath(id, "security"),
  correct_url: (id) => chargerPath(id, "security"),
  check_configuration: (id) => chargerPath(id, "configuration"),
  check_settings: (id) => chargerPath(id, "security"),
  read_messages: (id) => chargerPath(id, "messages"),
  check_first_connection: (id) => chargerPath(id, "security"),
  check_charger: (id) => chargerPath(id, "messages"),
  compare_identity: () => "/chargers?view=pending",
  handle_alerts: (id) => `/alerts?charger_id=${encodeURIComponent(id)}`,
};
const ASKED = { trigger_boot: "boot_notification", trigger_heartbeat: "heartbeat" } as const;

function Step({ charger, health: { step } }: { charger: Charger; health: ChargerHealth }) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  if (!step) return null;
  const to = PLACES[step.code]?.(charger.id);
  const message = step.code in ASKED ? ASKED[step.code as keyof typeof ASKED] : undefined;
  const ask = async () => {
    if (!message) return;
    try {
      await send(charger.id, { type: "trigger_message", message });
    } catch (error) {
      toast({ tone: "danger", title: problemOf(error).message });
    }
  };
  return (
    <div className={styles.step}>
      <p>
        <strong>{t("health.next")}</strong> {t(`health.steps.${step.code}`, { defaultValue: step.text })}
      </p>
      {to && (
        <LinkButton size="sm" to={to} icon={<ArrowRight aria-hidden />}>
          {t("health.goThere")}
        </LinkButton>
      )}
      {message && maySend("trigger_message", may) && (
        <Button size="sm" onPress={() => void ask()}>
          {t("health.ask")}
        </Button>
      )}
    </div>
  );
}

const SHOWN = 5;
/** Where all is well, it need not be proved at length. */
const SHOWN_WELL = 2;

function Evidence({ items, least, zone }: { items: HealthEvidence[]; least: number; zone?: string | null }) {
  const { t } = useTranslation("chargers");
  const format = useFormat(zone);
  const [isWhole, setWhole] = useState(false);
  const commandText = useCommandText();
  const wordsOf = ({ kind, at, parameters, text }: HealthEvidence): string => {
    const words = spoken({ at, ...parameters }, format);
    if (words.closed_by) words.closed_by = t(`health.by.${words.closed_by}`, { defaultValue: words.closed_by });
    if (kind === "command" && words.type) words.type = commandText(String(parameters.type));
    return t(`health.facts.${kind}`, { ...words, defaultValue: text });
  };
  const shown = isWhole ? items : items.slice(0, least);
  return (
    <div className={styles.evidence}>
      <ul aria-label={t("health.evidence")} className={styles.facts}>
        {shown.map((item, index) => (
          <li key={`${item.kind}-${index}`} className={styles.fact}>
            <span>{wordsOf(item)}</span>
            {item.at && (
              <span className={styles.at}>
                <Ago at={item.at} zone={zone} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {items.length > least && (
        <Button size="sm" variant="quiet" onPress={() => setWhole(!isWhole)}>
          {isWhole
            ? t("health.fewer")
            : t("health.more", { count: items.length - least, number: format.number(items.length - least) })}
        </Button>
      )}
    </div>
  );
}
