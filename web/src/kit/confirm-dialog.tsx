// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The question before something that cannot be taken back. */
import { useState, type ReactNode } from "react";

import { problemOf, type Problem } from "@/lib/problems";

import { Button } from "./button";
import { Dialog } from "./dialog";
import styles from "./dialog.module.css";
import { ProblemBanner } from "./states";
import { useKitText } from "./text";
import { TextField } from "./text-field";

export interface ConfirmDialogProps {
  /** Names what it is done to: "Reset CP-0042?" */
  title: string;
  /** What happens then. */
  consequence: ReactNode;
  confirmLabel: string;
  isDanger?: boolean;
  /** Something in it is still to be chosen or filled in. */
  isIncomplete?: boolean;
  /** What has to be typed first, for what concerns many. */
  typed?: string;
  /** Closes when it is done; if it fails, the dialog says why and stays. */
  onConfirm: () => Promise<unknown>;
  /** More fields, between the consequence and the buttons. */
  children?: ReactNode;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, isOpen, onOpenChange } = props;
  return (
    <Dialog title={title} size="sm" role="alertdialog" isOpen={isOpen} onOpenChange={onOpenChange}>
      {(close) => <Question {...props} close={close} />}
    </Dialog>
  );
}

function Question({
  consequence,
  confirmLabel,
  isDanger,
  isIncomplete,
  typed,
  onConfirm,
  children,
  close,
}: ConfirmDialogProps & { close: () => void }) {
  const t = useKitText();
  const [text, setText] = useState("");
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const confirm = async () => {
    setPending(true);
    setProblem(null);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setPending(false);
    }
  };
  return (
    <>
      <div>{consequence}</div>
      {children}
      {typed !== undefined && (
        <TextField
          label={t("confirm.type", { text: typed })}
          value={text}
          onChange={setText}
          autoComplete="off"
          spellCheck="false"
          isMono
        />
      )}
      {problem && <ProblemBanner problem={problem} />}
      <DialogActions>
        <Button autoFocus onPress={close}>
          {t("cancel")}
        </Button>
        <Button
          variant={isDanger ? "danger" : "primary"}
          onPress={() => void confirm()}
          isPending={isPending}
          isDisabled={isIncomplete || (typed !== undefined && text.trim() !== typed)}
        >
          {confirmLabel}
        </Button>
      </DialogActions>
    </>
  );
}

/** Buttons at the end of what a dialog shows, where they need what is in it. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
