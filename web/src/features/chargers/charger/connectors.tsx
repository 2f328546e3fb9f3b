// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Connectors: what each does, what it measures, who charges there, and the limit that holds. */
import { useQuery } from "@tanstack/react-query";
import { PlugZap } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Charger, ChargerConnector, MeterSeries, Transaction } from "@/api/types.gen";
import { connectorKey, useConnectorName } from "@/features/chargers/charger/action-dialogs";
import styles from "@/features/chargers/charger/connectors.module.css";
import { activeQuery, metersQuery, seriesQuery, type Meter } from "@/features/chargers/charger/data";
import { familyOf, powerIn } from "@/features/chargers/model";
import { ConnectorStatus } from "@/features/chargers/status";
import { Ago, Banner, Card, EmptyState, Sparkline, TextLink, useNow } from "@/kit";
import { useFormat, type Format } from "@/lib/format";
import { useMay } from "@/lib/me";

const POWER = "Power.Active.Import";

export function Connectors({ charger, zone }: { charger: Charger; zone?: string | null }) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const sees = may("transaction:transaction:read");
  const sessions = useQuery({ ...activeQuery(charger.id), enabled: sees }).data ?? [];
  const meters = useQuery(metersQuery(charger.id)).data ?? {};
  const nameOf = useConnectorName(charger.connectors);
  if (!charger.connectors.length) {
    return (
      <Card title={t("connectors.title")}>
        <EmptyState
          isCompact
          icon={<PlugZap aria-hidden />}
          title={t("connectors.none")}
          text={t("connectors.noneText")}
        />
      </Card>
    );
  }
  return (
    <section aria-label={t("connectors.title")} className={styles.connectors}>
      {!charger.online && <Banner tone="warning" live="off" title={t("connectors.old")} />}
      <div className={styles.grid}>
        {charger.connectors.map((connector) => {
          const session = sessions.find((each) => isAt(each, connector, charger.connectors));
          const meter = meters[session?.id ?? `connector ${connector.connector_id || connector.evse_id}`];
          return (
            <ConnectorCard
              key={connectorKey(connector)}
              name={nameOf(connector)}
              charger={charger}
              connector={connector}
              session={session}
              meter={meter}
              zone={zone}
            />
          );
        })}
      </div>
    </section>
  );
}

function isAt(
  session: Transaction,
  { evse_id, connector_id }: ChargerConnector,
  all: readonly ChargerConnector[],
): boolean {
  if (session.evse_id !== evse_id) return false;
  const isOnly = all.filter((each) => each.evse_id === evse_id).length === 1;
  return isOnly || session.connector_id === connector_id;
}

interface ConnectorCardProps {
  name: string;
  charger: Charger;
  connector: ChargerConnector;
  session?: Transaction;
  meter?: Meter;
  zone?: string | null;
}

function ConnectorCard({ name, charger, connector, session, meter, zone }: ConnectorCardProps) {
  const { t } = useTranslation("chargers");
  const fault = [connector.error_code, connector.vendor_error_code, connector.info].filter(Boolean).join(" · ");
  return (
    <Card title={name} actions={<ConnectorStatus connector={connector} since />}>
      {familyOf(connector.state) === "faulted" && fault && (
        <p className={styles.fault}>{t("connectors.fault", { code: fault })}</p>
      )}
      {session ? (
        <SessionNow charger={charger} session={session} meter={meter} zone={zone} />
      ) : (
        <p className={styles.nobody}>{t("connectors.nobody")}</p>
      )}
    </Card>
  );
}

/** Of what was heard, otherwise of what was stored last. */
function newest(measurand: string, meter: Meter | undefined, series: MeterSeries | undefined): number | null {
  const heard = meter?.values[measurand];
  if (heard !== undefined) return heard;
  return (
    series?.series.find((each) => each.measurand === measurand && each.phase === null)?.points.at(-1)?.last ?? null
  );
}

/** The limit that holds at a moment, in words. */
function limitText(
  series: MeterSeries | undefined,
  now: number,
  format: Format,
): { text: string; purpose: string | null } | null {
  for (const { unit, steps } of series?.limits ?? []) {
    const step = steps.findLast(({ at }) => Date.parse(at) <= now);
    if (step?.limit === null || step?.limit === undefined) continue;
    return { text: unit === "W" ? format.power(step.limit) : format.current(step.limit), purpose: step.purpose };
  }
  return null;
}

function SessionNow({
  charger,
  session,
  meter,
  zone,
}: {
  charger: Charger;
  session: Transaction;
  meter?: Meter;
  zone?: string | null;
}) {
  const { t } = useTranslation("chargers");
  const format = useFormat(zone);
  const now = useNow();
  const series = useQuery(seriesQuery(charger.id, session.id)).data;
  // what a charger that is away draws nobody knows
  const measured = meter ? powerIn(meter.values) : newest(POWER, meter, series);
  const power = charger.online ? measured : null;
  const soc = newest("SoC", meter, series);
  const current = newest("Current.Import", meter, series);
  const voltage = newest("Voltage", meter, series);
  const register = meter?.values["Energy.Active.Import.Register"];
  const energy =
    register !== undefined && session.meter_start !== null ? register - session.meter_start : session.energy_wh;
  const limit = limitText(series, now, format);
  const points = series?.series.find(({ measurand, phase }) => measurand === POWER && phase === null)?.points ?? [];
  const began = session.start_timestamp ?? session.created_at;
  const facts = [
    { label: t("connectors.energy"), value: energy !== null && format.energy(Math.max(0, energy)) },
    { label: t("connectors.soc"), value: soc !== null && format.percent(soc / 100, 0) },
    { label: t("connectors.current"), value: current !== null && format.current(current) },
    { label: t("connectors.voltage"), value: voltage !== null && format.voltage(voltage) },
    { label: t("connectors.duration"), value: format.duration((now - Date.parse(began)) / 1000) },
    { label: t("connectors.limit"), value: limit ? limit.text : t("connectors.noLimit") },
  ].filter(({ value }) => value !== false);
  return (
    <>
      <div className={styles.power}>
        <p className={styles.figure}>
          <span className="numbers">{power === null ? "–" : format.power(power)}</span>
          <span className={styles.caption}>
            {t("connectors.powerNow")}
            {meter && (
              <>
                {" · "}
                <Ago at={meter.at} zone={zone} />
              </>
            )}
          </span>
        </p>
        {points.length > 2 && (
          <span className={styles.line}>
            <Sparkline
              label={t("connectors.power")}
              values={points.map(({ last }) => last)}
              valueText={format.power}
              min={0}
            />
          </span>
        )}
      </div>
      <dl className={styles.facts}>
        {facts.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="numbers">{value}</dd>
          </div>
        ))}
      </dl>
      {limit?.purpose && <p className={styles.caption}>{t("connectors.limitBy", { purpose: limit.purpose })}</p>}
      <p className={styles.session}>
        <TextLink to={`/sessions/${session.id}`}>
          {session.id_tag ? t("connectors.sessionOf", { tag: session.id_tag }) : t("connectors.session")}
        </TextLink>
        <span className={styles.caption}>
          {t("connectors.began")} <Ago at={began} zone={zone} />
        </span>
      </p>
    </>
  );
}
