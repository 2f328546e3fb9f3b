// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Choosing a password: what one has to be like is said before it is refused. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Button, Form, PasswordField } from "@/kit";
import { textOf } from "@/lib/forms";

import { Refusal, useWait } from "./refusal";

const LEAST = 12;
const MOST = 128;

export interface NewPasswordProps {
  /** Whose it is: password managers file it under this name. */
  username?: string;
  /** Whether the present one is asked for. */
  asksCurrent?: boolean;
  submitLabel: string;
  save: (password: string, current: string) => Promise<void>;
}

export function NewPassword({ username, asksCurrent, submitLabel, save }: NewPasswordProps) {
  const { t } = useTranslation("accounts");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const [isTried, setTried] = useState(false);
  const [isPending, setPending] = useState(false);
  const wait = useWait(problem);
  const isShort = password.length < LEAST;
  const submit = async (values: FormData): Promise<void> => {
    setTried(true);
    if (isShort || password.length > MOST || password !== again) return;
    setPending(true);
    setProblem(null);
    try {
      await save(password, textOf(values, "current"));
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
        {username !== undefined && (
          <input type="hidden" name="username" autoComplete="username" value={username} readOnly />
        )}
        {asksCurrent && (
          <PasswordField label={t("password.current")} name="current" autoComplete="current-password" isRequired />
        )}
        <PasswordField
          label={t("password.new")}
          name="new"
          autoComplete="new-password"
          description={t("password.rules", { least: LEAST })}
          error={isTried && isShort ? t("password.short", { least: LEAST }) : null}
          maxLength={MOST}
          value={password}
          onChange={setPassword}
          isRequired
        />
        <PasswordField
          label={t("password.again")}
          name="again"
          autoComplete="new-password"
          error={isTried && password !== again ? t("password.different") : null}
          value={again}
          onChange={setAgain}
          isRequired
        />
        <Button type="submit" variant="primary" size="lg" isWide isPending={isPending} isDisabled={wait > 0}>
          {submitLabel}
        </Button>
      </Form>
    </>
  );
}
