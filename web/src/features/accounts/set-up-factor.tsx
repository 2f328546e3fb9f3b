// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Setting up a second factor: an authenticator app by its QR code, or a passkey. */
import { KeyRound, Smartphone } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { addPasskey, beginPasskey, beginTotp, confirmTotp } from "@/api/sdk.gen";
import type { Confirmation, TotpBegun } from "@/api/types.gen";
import { Button, CopyButton, Form, QrCode, TextField } from "@/kit";
import { textOf } from "@/lib/forms";

import { confirmationOf, ConfirmationFields } from "./confirmation";
import { useInstallation } from "./gate";
import styles from "./parts.module.css";
import { makePasskey, passkeysWork } from "./passkeys";
import { RecoveryCodes } from "./recovery-codes";
import { Refusal, useWait } from "./refusal";

interface Common {
  /** That the account is theirs, where they have shown it just now; else it is asked for. */
  confirmation?: Confirmation;
  onDone: () => void;
}

/** For whoever has to have one: they choose which. */
export function ChooseFactor(props: Common) {
  const { t } = useTranslation("accounts");
  const origin = useInstallation()?.origin;
  const [kind, setKind] = useState<"totp" | "passkey" | null>(null);
  if (kind === "totp") return <AddTotp {...props} />;
  if (kind === "passkey") return <AddPasskey {...props} />;
  return (
    <div className={styles.close}>
      <Button size="lg" isWide icon={<Smartphone aria-hidden />} onPress={() => setKind("totp")}>
        {t("setUp.totp")}
      </Button>
      {passkeysWork(origin) && (
        <Button size="lg" isWide icon={<KeyRound aria-hidden />} onPress={() => setKind("passkey")}>
          {t("setUp.passkey")}
        </Button>
      )}
    </div>
  );
}

/** Runs something once at a time, and keeps what it threw. */
function useAttempt() {
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setPending(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return { problem, isPending, attempt, wait: useWait(problem) };
}

export function AddTotp({ confirmation, onDone }: Common) {
  const { t } = useTranslation("accounts");
  const [begun, setBegun] = useState<TotpBegun | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const { problem, isPending, attempt, wait } = useAttempt();
  const begin = (values: FormData) =>
    attempt(async () => {
      const body = confirmation ?? confirmationOf(values);
      setBegun((await beginTotp({ body, throwOnError: true })).data);
    });
  const confirm = (values: FormData) =>
    attempt(async () => {
      const { data } = await confirmTotp({ body: { code: textOf(values, "code").trim() }, throwOnError: true });
      if (data.codes.length) setCodes(data.codes);
      else onDone();
    });
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (!begun)
    return (
      <div className={styles.stack}>
        <p className={styles.soft}>{t("setUp.totpText")}</p>
        <Refusal problem={problem} wait={wait} />
        <Form onSubmit={begin} autoComplete="off">
          {!confirmation && <ConfirmationFields />}
          <Button type="submit" variant="primary" size="lg" isWide isPending={isPending} isDisabled={wait > 0}>
            {t("setUp.begin")}
          </Button>
        </Form>
      </div>
    );
  return (
    <div className={styles.stack}>
      <ol className={styles.steps}>
        <li>
          <p>{t("setUp.scan")}</p>
          <div className={styles.center}>
            <QrCode text={begun.uri} label={t("setUp.qr")} size="12rem" />
            <p className={styles.small}>{t("setUp.byHand")}</p>
            <p className={styles.row}>
              <span className={styles.secret} dir="ltr">
                {begun.secret}
              </span>
              <CopyButton text={begun.secret} label={t("setUp.copySecret")} />
            </p>
          </div>
        </li>
      </ol>
      <Refusal problem={problem} wait={wait} />
      <Form onSubmit={confirm} autoComplete="off">
        <TextField
          name="code"
          label={t("factor.totp.label")}
          description={t("setUp.codeText")}
          autoComplete="one-time-code"
          inputMode="numeric"
          isRequired
          isMono
        />
        <Button type="submit" variant="primary" size="lg" isWide isPending={isPending} isDisabled={wait > 0}>
          {t("setUp.confirm")}
        </Button>
      </Form>
    </div>
  );
}

export function AddPasskey({ confirmation, onDone }: Common) {
  const { t } = useTranslation("accounts");
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const { problem, isPending, attempt, wait } = useAttempt();
  const submit = (values: FormData) =>
    attempt(async () => {
      const body = confirmation ?? confirmationOf(values);
      const { data: options } = await beginPasskey({ body, throwOnError: true });
      const credential = await makePasskey(options);
      const { data } = await addPasskey({
        body: { name: textOf(values, "name").trim(), credential },
        throwOnError: true,
      });
      if (data.recovery_codes.length) setCodes(data.recovery_codes);
      else onDone();
    });
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <div className={styles.stack}>
      <p className={styles.soft}>{t("setUp.passkeyText")}</p>
      <Refusal problem={problem} wait={wait} />
      <Form onSubmit={submit} autoComplete="off">
        <TextField
          name="name"
          label={t("setUp.passkeyName")}
          description={t("setUp.passkeyNameText")}
          maxLength={100}
          autoFocus
          isRequired
        />
        {!confirmation && <ConfirmationFields />}
        <Button type="submit" variant="primary" size="lg" isWide isPending={isPending} isDisabled={wait > 0}>
          {t("setUp.makePasskey")}
        </Button>
      </Form>
    </div>
  );
}
