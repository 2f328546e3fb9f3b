// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Close the record of a session that nobody else will end; nothing is asked of the charger. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { closeTransaction } from "@/api/sdk.gen";
import type { CloseProposal, TransactionWhole } from "@/api/types.gen";
import styles from "@/features/sessions/stop.module.css";
import { Button, Checkbox, DatePicker, Form, NumberField, TextArea, toast } from "@/kit";
import { useFormat } from "@/lib/format";
import { textOf } from "@/lib/forms";

interface CloseRecordProps {
  session: TransactionWhole;
  proposal: CloseProposal;
  onClosed: () => void;
}

export function CloseRecord(props: CloseRecordProps) {
  const { t } = useTranslation("sessions");
  const { proposal } = props;
  const { allowed, ground, refusal } = proposal;
  return (
    <section className={styles.choice} aria-labelledby="close-record">
      <h3 id="close-record">{t("close.title")}</h3>
      <p className={styles.text}>{t("close.text")}</p>
      {allowed ? (
        <>
          {ground && <p className={styles.reason}>{t(`close.grounds.${ground}`)}</p>}
          <CloseForm {...props} />
        </>
      ) : (
        <p className={styles.reason}>{t(`close.refusals.${refusal ?? "charger_online"}`)}</p>
      )}
    </section>
  );
}

const WH = 1_000;

function CloseForm({ session, proposal, onClosed }: CloseRecordProps) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const proposed = proposal.meter_stop === null ? null : proposal.meter_stop / WH;
  const [meter, setMeter] = useState<number | null>(proposed);
  const [isUnknown, setUnknown] = useState(proposed === null);
  const [at, setAt] = useState<string | null>(proposal.stopped_at);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const start = session.meter_start;
  const energy = isUnknown || meter === null || start === null ? null : meter * WH - start;
  const submit = async (values: FormData) => {
    setPending(true);
    setProblem(null);
    try {
      await closeTransaction({
        path: { transaction_id: session.id },
        body: {
          reason: textOf(values, "reason").trim(),
          // what was proposed is left to the server: it knows it exactly
          ...(isUnknown
            ? { meter_stop: null }
            : meter !== proposed && meter !== null
              ? { meter_stop: Math.round(meter * 1e6) / WH }
              : {}),
          ...(at !== null && at !== proposal.stopped_at && { stopped_at: at }),
        },
        throwOnError: true,
      });
      toast({ tone: "success", title: t("close.closed") });
      onClosed();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      onSubmit={submit}
      problem={problem}
      names={{ reason: t("close.reason"), meter_stop: t("close.meter"), stopped_at: t("close.at") }}
    >
      <NumberField
        label={t("close.meter")}
        name="meter_stop"
        unit="kWh"
        hasSteps={false}
        minValue={0}
        formatOptions={{ maximumFractionDigits: 3 }}
        value={isUnknown ? null : meter}
        onChange={setMeter}
        isDisabled={isUnknown}
        isRequired={!isUnknown}
        description={energy === null ? undefined : t("close.energy", { energy: format.energy(Math.max(0, energy)) })}
      />
      <Checkbox isSelected={isUnknown} onChange={setUnknown}>
        {t("close.unknown")}
      </Checkbox>
      <DatePicker
        label={t("close.at")}
        granularity="minute"
        value={at}
        onChange={setAt}
        description={t(`close.basis.${proposal.basis}`)}
      />
      <TextArea
        label={t("close.reason")}
        name="reason"
        isRequired
        rows={2}
        maxLength={500}
        description={t("close.reasonText")}
      />
      <div>
        <Button type="submit" variant="danger" isPending={isPending}>
          {t("close.do")}
        </Button>
      </div>
    </Form>
  );
}
