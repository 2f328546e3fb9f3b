// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is known of a session. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { TransactionWhole } from "@/api/types.gen";
import { chargerPath, isOpen } from "@/features/sessions/model";
import { Duration } from "@/features/sessions/parts";
import { holdersOf } from "@/features/sessions/rows";
import styles from "@/features/sessions/session.module.css";
import { useWords } from "@/features/sessions/words";
import { Badge, Card, CopyButton, KeyValue, TextLink, type Fact } from "@/kit";
import { useFormat, type Format } from "@/lib/format";
import { useMay } from "@/lib/me";

function useHolder(tag: string | null) {
  const may = useMay();
  const seesDrivers = may("driver:driver:read");
  const { data } = useQuery({
    queryKey: ["tokens", "holder", tag, seesDrivers],
    queryFn: async () => (await holdersOf([tag ?? ""], seesDrivers)).get((tag ?? "").toUpperCase()) ?? null,
    enabled: tag !== null && may("token:token:read"),
  });
  return data ?? null;
}

export function Facts({ session }: { session: TransactionWhole }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  return (
    <>
      <dl className={styles.figures}>
        {figuresOf(session, format).map(([name, value]) => (
          <div key={name} className={styles.figure}>
            <dt>{t(`columns.${name}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div className={styles.figure}>
          <dt>{t("columns.duration")}</dt>
          <dd>
            <Duration row={session} />
          </dd>
        </div>
      </dl>
      <Card title={t("one.facts")}>
        <KeyValue items={useFacts(session)} />
      </Card>
    </>
  );
}

function figuresOf(session: TransactionWhole, format: Format): [string, string][] {
  const { energy_wh: wh, power_w: watts, soc_percent: soc, total_cost: cost } = session;
  const found: [string, string][] = [["energy", wh === null ? "–" : format.energy(wh)]];
  if (isOpen(session)) found.push(["power", watts === null ? "–" : format.power(watts)]);
  if (soc !== null) found.push(["soc", format.percent(soc / 100, 0)]);
  if (cost !== null) found.push(["cost", format.number(cost, 2)]);
  return found;
}

function useFacts(session: TransactionWhole): Fact[] {
  const { t } = useTranslation("sessions");
  const words = useWords();
  const format = useFormat();
  const holder = useHolder(session.id_tag);
  const at = (value: string | null) => (value === null ? null : format.exact(value));
  // a register is read off to the last digit
  const register = (value: number | null) => (value === null ? null : `${format.number(value / 1_000, 3)}\u00a0kWh`);
  const { charger_id: charger, charger_name: name, id_tag: tag, flags } = session;
  const facts: (Fact | false)[] = [
    {
      label: t("columns.charger"),
      value: <TextLink to={chargerPath(charger)}>{name ? `${name} (${charger})` : charger}</TextLink>,
    },
    {
      label: t("facts.connector"),
      value: t("facts.place", { evse: session.evse_id, connector: session.connector_id }),
    },
    {
      label: t("columns.tagOnly"),
      value: holder && tag ? <TextLink to={`/tags/${holder.tokenId}`}>{tag}</TextLink> : tag,
    },
    holder?.driverId != null && {
      label: t("columns.driver"),
      value: <TextLink to={`/drivers/${holder.driverId}`}>{holder.driverName ?? holder.driverId}</TextLink>,
    },
    { label: t("columns.start"), value: at(session.start_timestamp) },
    { label: t("columns.end"), value: at(session.stop_timestamp) },
    { label: t("columns.reason"), value: session.reason === null ? null : words("reasons", session.reason) },
    session.close_reason !== null && { label: t("facts.closeReason"), value: session.close_reason, isWide: true },
    { label: t("facts.meterStart"), value: register(session.meter_start) },
    { label: t("facts.meterStop"), value: register(session.meter_stop) },
    { label: t("facts.authorization"), value: words("outcomes", session.authorization) },
    session.reservation_id !== null && { label: t("facts.reservation"), value: String(session.reservation_id) },
    session.stop_id_tag !== null &&
      session.stop_id_tag !== tag && { label: t("facts.stopTag"), value: session.stop_id_tag },
    session.charger_ref !== null && { label: t("facts.chargerRef"), value: <code>{session.charger_ref}</code> },
    { label: t("facts.received"), value: at(session.start_received_at) },
    {
      label: t("facts.id"),
      value: (
        <>
          <code>{session.id}</code> <CopyButton text={session.id} />
        </>
      ),
      isWide: true,
    },
    flags.length > 0 && {
      label: t("filters.flags"),
      isWide: true,
      value: (
        <span className={styles.flags}>
          {flags.map((flag) => (
            <Badge key={flag}>{words("flags", flag)}</Badge>
          ))}
        </span>
      ),
    },
  ];
  return facts.filter((fact) => fact !== false);
}
