// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What links in mails lead to. Their secret stands behind the #: no server sees it, until somebody presses a button. */
import { useMutation } from "@tanstack/react-query";
import { MailCheck, ShieldCheck } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { acceptInvitation, forgotPassword, resetPassword, verifyEmail } from "@/api/sdk.gen";
import { Banner, Button, Form, LinkButton, TextField, TextLink } from "@/kit";
import { textOf } from "@/lib/forms";

import { Gate, useInstallation } from "./gate";
import { NewPassword } from "./new-password";
import styles from "./parts.module.css";
import { Refusal, useWait } from "./refusal";

function secretHere(): string {
  return location.hash.slice(1).replace(/^token=/, "");
}

/** Read, and taken out of the address: a screen that is shared or bookmarked gives no secret away. */
function useSecret(): string {
  const [secret, setSecret] = useState(secretHere);
  useEffect(() => {
    const take = () => {
      const found = secretHere();
      if (!found) return;
      setSecret(found);
      history.replaceState(history.state, "", location.pathname + location.search);
    };
    take();
    addEventListener("hashchange", take); // another link, opened in the same tab
    return () => removeEventListener("hashchange", take);
  }, []);
  return secret;
}

function ToSignIn() {
  const { t } = useTranslation("accounts");
  return <TextLink to="/sign-in">{t("links.toSignIn")}</TextLink>;
}

function Done({ icon, text }: { icon: ReactNode; text: string }) {
  const { t } = useTranslation("accounts");
  return (
    <div className={styles.done} role="status">
      <span className={styles.tick}>{icon}</span>
      <p>{text}</p>
      <LinkButton to="/sign-in" variant="primary" size="lg">
        {t("links.toSignIn")}
      </LinkButton>
    </div>
  );
}

function NoSecret() {
  const { t } = useTranslation("accounts");
  return <Banner tone="danger" live="off" title={t("links.incomplete")} />;
}

/** Asking for a link: what is answered does not tell whether there is such a user. */
export function ForgotPasswordPage() {
  const { t } = useTranslation("accounts");
  const installation = useInstallation();
  const ask = useMutation({
    mutationFn: (username: string) => forgotPassword({ body: { username }, throwOnError: true }),
  });
  const wait = useWait(ask.error);
  if (installation && !installation.mails)
    return (
      <Gate title={t("forgot.title")} after={<ToSignIn />}>
        <Banner tone="info" live="off" title={t("forgot.noMailsTitle")}>
          {t("forgot.noMails")}
        </Banner>
      </Gate>
    );
  return (
    <Gate title={t("forgot.title")} text={ask.isSuccess ? undefined : t("forgot.text")} after={<ToSignIn />}>
      {ask.isSuccess ? (
        <div className={styles.done} role="status">
          <span className={styles.tick}>
            <MailCheck aria-hidden />
          </span>
          <p>{t("forgot.sent")}</p>
          <p className={styles.small}>{t("forgot.sentNote")}</p>
        </div>
      ) : (
        <>
          <Refusal problem={ask.error} wait={wait} />
          <Form onSubmit={(values) => ask.mutate(textOf(values, "username").trim())}>
            <TextField
              label={t("forgot.username")}
              name="username"
              autoComplete="username"
              spellCheck="false"
              maxLength={150}
              autoFocus
              isRequired
            />
            <Button type="submit" variant="primary" size="lg" isWide isPending={ask.isPending} isDisabled={wait > 0}>
              {t("forgot.submit")}
            </Button>
          </Form>
        </>
      )}
    </Gate>
  );
}

export function ResetPasswordPage() {
  const { t } = useTranslation("accounts");
  const token = useSecret();
  const [isDone, setDone] = useState(false);
  const save = async (password: string): Promise<void> => {
    await resetPassword({ body: { token, new_password: password }, throwOnError: true });
    setDone(true);
  };
  return (
    <Gate
      title={t("reset.title")}
      text={isDone || !token ? undefined : t("reset.text")}
      after={isDone ? undefined : <ToSignIn />}
    >
      {!token && <NoSecret />}
      {token && !isDone && <NewPassword submitLabel={t("reset.submit")} save={save} />}
      {isDone && <Done icon={<ShieldCheck aria-hidden />} text={t("reset.done")} />}
    </Gate>
  );
}

export function InvitationPage() {
  const { t } = useTranslation("accounts");
  const token = useSecret();
  const [username, setUsername] = useState<string | null>(null);
  const save = async (password: string): Promise<void> => {
    const { data } = await acceptInvitation({ body: { token, password }, throwOnError: true });
    setUsername(data.username);
  };
  const isDone = username !== null;
  return (
    <Gate
      title={t("invitation.title")}
      text={isDone || !token ? undefined : t("invitation.text")}
      after={isDone ? undefined : <ToSignIn />}
    >
      {!token && <NoSecret />}
      {token && !isDone && <NewPassword submitLabel={t("invitation.submit")} save={save} />}
      {isDone && <Done icon={<ShieldCheck aria-hidden />} text={t("invitation.done", { username })} />}
    </Gate>
  );
}

/** A press, not the opening: programs that look at mails open links, too. */
export function VerifyEmailPage() {
  const { t } = useTranslation("accounts");
  const token = useSecret();
  const verify = useMutation({
    mutationFn: async () => (await verifyEmail({ body: { token }, throwOnError: true })).data,
  });
  const wait = useWait(verify.error);
  return (
    <Gate title={t("verify.title")} text={verify.isSuccess || !token ? undefined : t("verify.text")}>
      {!token && <NoSecret />}
      {token && !verify.isSuccess && (
        <>
          <Refusal problem={verify.error} wait={wait} />
          <Button
            variant="primary"
            size="lg"
            isWide
            isPending={verify.isPending}
            isDisabled={wait > 0}
            onPress={() => verify.mutate()}
          >
            {t("verify.submit")}
          </Button>
        </>
      )}
      {verify.isSuccess && (
        <Done icon={<MailCheck aria-hidden />} text={t("verify.done", { email: verify.data.email })} />
      )}
    </Gate>
  );
}
