// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Meter data that the meter itself signed: shown as it came, for whoever wants to check it. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { listTransactionMeterValues } from "@/api/sdk.gen";
import type { Reading, TransactionWhole } from "@/api/types.gen";
import { useWords } from "@/features/sessions/words";
import styles from "@/features/sessions/session.module.css";
import { Card, CodeBlock, Disclosure } from "@/kit";
import { useFormat } from "@/lib/format";

const LOOKED_AT = 25;

interface Signed {
  key: string;
  at: string;
  context: string | null;
  data: string;
}

/** Signed data stands in readings as a text without a number. */
function signedOf(readings: readonly Reading[]): Signed[] {
  const found = new Map<string, Signed>();
  for (const { timestamp, received_at: received, context, samples } of readings)
    for (const { raw, value, measurand } of samples)
      if (raw !== null && value === null && measurand !== raw)
        found.set(raw, { key: raw, at: timestamp ?? received, context, data: raw });
  return [...found.values()].toSorted((one, other) => one.at.localeCompare(other.at));
}

export function SignedData({ session }: { session: TransactionWhole }) {
  const { t } = useTranslation("sessions");
  const words = useWords();
  const format = useFormat();
  const { id } = session;
  const { data } = useQuery({
    queryKey: ["sessions", "signed", id],
    queryFn: async ({ signal }) => {
      const ends = (["timestamp", "-timestamp"] as const).map((sort) =>
        listTransactionMeterValues({
          path: { transaction_id: id },
          query: { sort, limit: LOOKED_AT },
          signal,
          throwOnError: true,
        }),
      );
      return signedOf((await Promise.all(ends)).flatMap((answer) => answer.data.items));
    },
  });
  if (!data?.length) return null;
  return (
    <Card title={t("signed.title")} description={t("signed.text")}>
      <div className={styles.records}>
        {data.map(({ key, at, context, data: text }) => (
          <Disclosure
            key={key}
            title={[format.exact(at), context && words("measurands", context)].filter(Boolean).join(" · ")}
          >
            <CodeBlock code={text} label={t("signed.title")} />
          </Disclosure>
        ))}
      </div>
    </Card>
  );
}
