// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Showing once more that the account is one's own: what guards it is changed by nobody who only found it open. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { getMySecurityOptions } from "@/api/@tanstack/react-query.gen";
import type { Confirmation } from "@/api/types.gen";
import { Button, Dialog, DialogActions, Form, PasswordField, TextField, TextLink } from "@/kit";
import { textOf } from "@/lib/forms";

import styles from "./parts.module.css";
import { Refusal, useWait } from "./refusal";

/** What the fields below were filled in with. */
export function confirmationOf(values: FormData): Confirmation {
  const [password, code] = [textOf(values, "confirm-password"), textOf(values, "confirm-code").trim()];
  if (password) return { password };
  return code ? { code } : {};
}

/** The password, or a code of the app; nothing where there is neither, which is good for ten minutes after signing in. */
export function ConfirmationFields() {
  const { t } = useTranslation("accounts");
  const security = useQuery(getMySecurityOptions()).data;
  const [byCode, setByCode] = useState(false);
  if (!security) return null;
  if (!security.has_password && !security.totp) return <p className={styles.small}>{t("confirm.fresh")}</p>;
  const isCode = security.totp && (byCode || !security.has_password);
  return (
    <div className={styles.close}>
      {isCode ? (
        <TextField
          name="confirm-code"
          label={t("factor.totp.label")}
          autoComplete="one-time-code"
          inputMode="numeric"
          isRequired
          isMono
        />
      ) : (
        <PasswordField
          name="confirm-password"
          label={t("confirm.password")}
          autoComplete="current-password"
          isRequired
        />
      )}
      {security.totp && security.has_password && (
        <p className={styles.small}>
          <TextLink onPress={() => setByCode(!isCode)}>{t(isCode ? "confirm.byPassword" : "confirm.byCode")}</TextLink>
        </p>
      )}
    </div>
  );
}

export interface GuardedDialogProps {
  title: string;
  text: ReactNode;
  submitLabel: string;
  isDanger?: boolean;
  /** Further fields, before those that show whose account it is. */
  children?: ReactNode;
  /** Closes when it is done, unless something else follows in its place. */
  staysOpen?: boolean;
  onConfirm: (confirmation: Confirmation, values: FormData) => Promise<unknown>;
  onClose: () => void;
}

/** A change of what guards the account. */
export function GuardedDialog(props: GuardedDialogProps) {
  const { title, text, submitLabel, isDanger, children, staysOpen, onConfirm, onClose } = props;
  const { t } = useTranslation("kit");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const wait = useWait(problem);
  const submit = async (values: FormData): Promise<void> => {
    setPending(true);
    setProblem(null);
    try {
      await onConfirm(confirmationOf(values), values);
      if (!staysOpen) onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Dialog
      title={title}
      size="sm"
      role={isDanger ? "alertdialog" : "dialog"}
      isOpen
      onOpenChange={(open) => !open && onClose()}
    >
      <Form onSubmit={submit} autoComplete="off">
        <p>{text}</p>
        <Refusal problem={problem} wait={wait} />
        {children}
        <ConfirmationFields />
        <DialogActions>
          <Button onPress={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant={isDanger ? "danger" : "primary"} isPending={isPending} isDisabled={wait > 0}>
            {submitLabel}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
