// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about one tag, over the list or over its own screen. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { deleteToken } from "@/api/sdk.gen";
import { changeTag, tagQuery, tagsChanged } from "@/features/tags/api";
import { BlockTag } from "@/features/tags/block";
import { TagForm } from "@/features/tags/form";
import type { Asked } from "@/features/tags/list";
import { AwaitedDialog, ConfirmDialog, Dialog, toast } from "@/kit";

interface TagDialogsProps {
  asked: Asked;
  onClose: () => void;
  onDeleted?: () => void;
}

export function TagDialogs({ asked, onClose, onDeleted }: TagDialogsProps) {
  const { t } = useTranslation("tags");
  if (asked.id !== null) return <OfOne kind={asked.kind} id={asked.id} onClose={onClose} onDeleted={onDeleted} />;
  return (
    <Dialog title={t("form.add")} isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => <TagForm onDone={close} />}
    </Dialog>
  );
}

interface OfOneProps {
  kind: Asked["kind"];
  id: string;
  onClose: () => void;
  onDeleted?: () => void;
}

function OfOne({ kind, id, onClose, onDeleted }: OfOneProps) {
  const { t } = useTranslation("tags");
  const query = useQuery(tagQuery(id));
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!query.data) return <AwaitedDialog title={t("title")} query={query} onOpenChange={change} />;
  const { item: tag, etag } = query.data;
  const name = tag.value;
  switch (kind) {
    case "delete":
      return (
        <ConfirmDialog
          title={t("delete.title", { name })}
          consequence={t("delete.text")}
          confirmLabel={t("delete.do")}
          isDanger
          isOpen
          onOpenChange={change}
          onConfirm={async () => {
            await deleteToken({ path: { token_id: id }, throwOnError: true });
            toast({ tone: "success", title: t("delete.done", { name }) });
            if (onDeleted) onDeleted();
            else tagsChanged(id);
          }}
        />
      );
    case "unblock":
      return (
        <ConfirmDialog
          title={t("unblock.title", { name })}
          consequence={t("unblock.text")}
          confirmLabel={t("actions.unblock")}
          isOpen
          onOpenChange={change}
          onConfirm={async () => {
            await changeTag(id, { status: "accepted" }, etag);
            tagsChanged();
            toast({ tone: "success", title: t("unblock.done", { name }) });
          }}
        />
      );
    case "block":
      return <BlockTag tag={tag} etag={etag} onClose={onClose} />;
    default:
      return (
        <Dialog title={t("form.edit", { name })} isOpen onOpenChange={change}>
          {(close) => <TagForm tag={tag} etag={etag} onDone={close} />}
        </Dialog>
      );
  }
}
