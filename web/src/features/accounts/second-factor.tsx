// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The second thing to show: a code of the app, a passkey, or one of the codes that were kept for bad days. */
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { PasskeyOptions, ShownFactor } from "@/api/types.gen";
import { Button, Form, TextField, TextLink } from "@/kit";
import { textOf } from "@/lib/forms";

import { useInstallation } from "./gate";
import styles from "./parts.module.css";
import { passkeysWork, showPasskey } from "./passkeys";
import { Refusal, useWait } from "./refusal";

export type Method = "totp" | "passkey" | "recovery_code";

export interface SecondFactorProps {
  methods: readonly Method[];
  /** What the device is to be asked. */
  askPasskey: () => Promise<PasskeyOptions>;
  show: (factor: ShownFactor) => Promise<void>;
}

export function SecondFactor({ methods, askPasskey, show }: SecondFactorProps) {
  const { t } = useTranslation("accounts");
  const origin = useInstallation()?.origin;
  const possible = methods.filter((each) => each !== "passkey" || passkeysWork(origin));
  const [chosen, setChosen] = useState<Method | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const wait = useWait(problem);
  const method = chosen ?? possible[0];

  const attempt = async (factor: () => Promise<ShownFactor>): Promise<void> => {
    setPending(true);
    setProblem(null);
    try {
      await show(await factor());
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  const submit = (given: FormData) => {
    const text = textOf(given, "code").trim();
    return attempt(async () => (method === "totp" ? { code: text } : { recovery_code: text }));
  };
  if (!method) return <Refusal problem={{ code: "no_method_here", status: 409 }} />;
  return (
    <div className={styles.stack}>
      <Refusal problem={problem} wait={wait} />
      {method === "passkey" ? (
        <>
          <p className={styles.soft}>{t("factor.passkeyText")}</p>
          <Button
            variant="primary"
            size="lg"
            isWide
            autoFocus
            icon={<KeyRound aria-hidden />}
            isPending={isPending}
            isDisabled={wait > 0}
            onPress={() => void attempt(async () => ({ passkey: await showPasskey(await askPasskey()) }))}
          >
            {t("factor.usePasskey")}
          </Button>
        </>
      ) : (
        <Form key={method} onSubmit={submit} autoComplete="off">
          <TextField
            name="code"
            label={t(`factor.${method}.label`)}
            description={t(`factor.${method}.description`)}
            autoComplete={method === "totp" ? "one-time-code" : "off"}
            inputMode={method === "totp" ? "numeric" : "text"}
            spellCheck="false"
            autoFocus
            isRequired
            isMono
          />
          <Button type="submit" variant="primary" size="lg" isWide isPending={isPending} isDisabled={wait > 0}>
            {t("factor.submit")}
          </Button>
        </Form>
      )}
      {possible.length > 1 && (
        <p className={styles.links}>
          {possible
            .filter((each) => each !== method)
            .map((each) => (
              <TextLink
                key={each}
                onPress={() => {
                  setChosen(each);
                  setProblem(null);
                }}
              >
                {t(`factor.instead.${each}`)}
              </TextLink>
            ))}
        </p>
      )}
    </div>
  );
}
