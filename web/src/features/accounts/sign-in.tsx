// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who somebody is. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { login } from "@/api/sdk.gen";
import { Button, Card, Form, PasswordField, TextField } from "@/kit";
import { textOf } from "@/lib/forms";
import { problemOf, type Problem } from "@/lib/problems";

export function SignInPage() {
  const { t } = useTranslation("accounts");
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (given: FormData): Promise<void> => {
    try {
      await login({
        body: { username: textOf(given, "username"), password: textOf(given, "password"), session: "cookie" },
        throwOnError: true,
      });
      await navigate({ href: next ?? "/" });
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <main>
      <Card title={t("signIn.title")}>
        <Form onSubmit={submit} problem={problem}>
          <TextField label={t("signIn.username")} name="username" autoComplete="username" isRequired />
          <PasswordField label={t("signIn.password")} name="password" autoComplete="current-password" isRequired />
          <Button type="submit" variant="primary">
            {t("signIn.submit")}
          </Button>
        </Form>
      </Card>
    </main>
  );
}
