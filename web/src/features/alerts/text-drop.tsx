// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Back to the delivered text; one that is never used is only gone. */
import { useTranslation } from "react-i18next";

import type { TextRow } from "@/features/alerts/text-model";
import { useTextNames } from "@/features/alerts/text-parts";
import { dropText } from "@/features/alerts/texts-api";
import { ConfirmDialog, toast } from "@/kit";

interface DropTextProps {
  text: Pick<TextRow, "kind" | "language" | "state">;
  onClose: () => void;
  onDropped?: () => void;
}

export function DropText({ text, onClose, onDropped }: DropTextProps) {
  const { t } = useTranslation("texts");
  const name = useTextNames().name(text);
  const isUnused = text.state === "unused";
  return (
    <ConfirmDialog
      title={t(isUnused ? "reset.deleteTitle" : "reset.title", { name })}
      consequence={t(isUnused ? "reset.deleteText" : "reset.text", { name })}
      confirmLabel={t(isUnused ? "reset.delete" : "reset.do")}
      isDanger
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={async () => {
        await dropText(text);
        toast({ tone: "success", title: t(isUnused ? "reset.deleted" : "reset.done") });
        onDropped?.();
      }}
    />
  );
}
