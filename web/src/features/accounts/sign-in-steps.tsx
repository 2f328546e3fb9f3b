// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Password and what may come after it, a passkey alone, or a provider: until there is a session. */
import { useQuery } from "@tanstack/react-query";
import { KeyRound, LogIn } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { listSignInProvidersOptions } from "@/api/@tanstack/react-query.gen";
import { askPasskey, askSecondPasskey, finishSignIn, login, loginWithPasskey } from "@/api/sdk.gen";
import { Button, Form, LinkButton, PasswordField, TextField, TextLink } from "@/kit";
import { textOf } from "@/lib/forms";
import { problemOf } from "@/lib/problems";

import { useInstallation } from "./gate";
import styles from "./parts.module.css";
import { passkeysWork, showPasskey } from "./passkeys";
import { Refusal, useWait } from "./refusal";
import { SecondFactor, type Method } from "./second-factor";

const SESSION = "cookie" as const;

interface Begun {
  token: string;
  methods: readonly Method[];
}

export interface SignInStepsProps {
  /** Somebody was signed in here, and it is they who come back. */
  username?: string;
  /** A path of ours, for when a provider sends people back. */
  next: string;
  /** Why they are here, where there is more to it. */
  problem?: unknown;
  /** With the password, where one was typed: what follows may want it once more. */
  onSignedIn: (password: string | null) => Promise<void>;
  /** Providers open beside: what was typed on this page stays. */
  keepsPage?: boolean;
}

export function SignInSteps({ username, next, problem: given, onSignedIn, keepsPage }: SignInStepsProps) {
  const { t } = useTranslation("accounts");
  const [begun, setBegun] = useState<Begun | null>(null);
  const [password, setPassword] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(given ?? null);

  if (begun) {
    const token = begun.token;
    const show = async (factor: object): Promise<void> => {
      try {
        await finishSignIn({ body: { mfa_token: token, ...factor }, throwOnError: true });
      } catch (error) {
        if (problemOf(error).code !== "mfa_token_invalid") throw error;
        setProblem(error); // five wrong ones, or too late: it begins again with the password
        setBegun(null);
        return;
      }
      await onSignedIn(password);
    };
    const ask = async () => (await askSecondPasskey({ body: { mfa_token: token }, throwOnError: true })).data;
    return (
      <div className={styles.stack}>
        <SecondFactor methods={begun.methods} askPasskey={ask} show={show} />
        <p className={styles.small}>
          <TextLink onPress={() => setBegun(null)}>{t("signIn.back")}</TextLink>
        </p>
      </div>
    );
  }
  const enter = async (name: string, typed: string): Promise<void> => {
    const { data } = await login({ body: { username: name, password: typed, session: SESSION }, throwOnError: true });
    setPassword(typed);
    if ("mfa_required" in data) setBegun({ token: data.mfa_token, methods: data.methods });
    else await onSignedIn(typed);
  };
  return (
    <div className={styles.stack}>
      <Password username={username} problem={problem} setProblem={setProblem} enter={enter} />
      <OtherWays next={next} setProblem={setProblem} onSignedIn={() => onSignedIn(null)} keepsPage={keepsPage} />
    </div>
  );
}

interface PasswordProps {
  username?: string;
  problem: unknown;
  setProblem: (problem: unknown) => void;
  enter: (username: string, password: string) => Promise<void>;
}

function Password({ username, problem, setProblem, enter }: PasswordProps) {
  const { t } = useTranslation("accounts");
  const mails = useInstallation()?.mails;
  const [isPending, setPending] = useState(false);
  const wait = useWait(problem);
  const submit = async (values: FormData): Promise<void> => {
    setPending(true);
    setProblem(null);
    try {
      await enter(username ?? textOf(values, "username"), textOf(values, "password"));
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <>
      <Refusal problem={problem} wait={wait} />
      <Form onSubmit={submit}>
        <TextField
          label={t("signIn.username")}
          name="username"
          autoComplete="username"
          spellCheck="false"
          maxLength={150}
          defaultValue={username}
          isReadOnly={username !== undefined}
          autoFocus={username === undefined}
          isRequired
        />
        <PasswordField
          label={t("signIn.password")}
          name="password"
          autoComplete="current-password"
          autoFocus={username !== undefined}
          isRequired
        />
        <Button type="submit" variant="primary" size="lg" isWide isPending={isPending} isDisabled={wait > 0}>
          {t("signIn.submit")}
        </Button>
      </Form>
      {mails && username === undefined && (
        <p className={styles.links}>
          <TextLink to="/forgot-password">{t("signIn.forgot")}</TextLink>
        </p>
      )}
    </>
  );
}

interface OtherWaysProps {
  next: string;
  setProblem: (problem: unknown) => void;
  onSignedIn: () => Promise<void>;
  keepsPage?: boolean;
}

function OtherWays({ next, setProblem, onSignedIn, keepsPage }: OtherWaysProps) {
  const { t } = useTranslation("accounts");
  const origin = useInstallation()?.origin;
  const providers = useQuery({ ...listSignInProvidersOptions(), staleTime: 60_000 }).data?.items ?? [];
  const [isPending, setPending] = useState(false);
  const hasPasskeys = passkeysWork(origin);
  const withPasskey = async (): Promise<void> => {
    setPending(true);
    setProblem(null);
    try {
      const { data } = await askPasskey({ throwOnError: true });
      await loginWithPasskey({ body: { credential: await showPasskey(data), session: SESSION }, throwOnError: true });
      await onSignedIn();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (!hasPasskeys && !providers.length) return null;
  return (
    <>
      <p className={styles.or}>{t("signIn.or")}</p>
      <div className={styles.close}>
        {hasPasskeys && (
          <Button
            isWide
            size="lg"
            icon={<KeyRound aria-hidden />}
            isPending={isPending}
            onPress={() => void withPasskey()}
          >
            {t("signIn.passkey")}
          </Button>
        )}
        {providers.map(({ id, label, start_url: start }) => (
          <LinkButton
            key={id}
            isWide
            size="lg"
            icon={<LogIn aria-hidden />}
            href={`${start}?return_to=${encodeURIComponent(keepsPage ? "/account" : next)}`}
            target={keepsPage ? "_blank" : "_top"} // not a place of the app: the router must not take it
          >
            {t("signIn.provider", { name: label })}
          </LinkButton>
        ))}
        {keepsPage && providers.length > 0 && <p className={styles.small}>{t("again.otherTab")}</p>}
      </div>
    </>
  );
}
