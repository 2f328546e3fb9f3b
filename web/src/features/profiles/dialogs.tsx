// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about charging profiles: a new one, a change, sending it, the end. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { deleteChargingProfile } from "@/api/sdk.gen";
import { profileQuery, profilesChanged } from "@/features/profiles/api";
import { ProfileForm } from "@/features/profiles/form";
import type { Asked } from "@/features/profiles/list";
import { SendProfile } from "@/features/profiles/send";
import { AwaitedDialog, ConfirmDialog, Dialog, toast } from "@/kit";

interface ProfileDialogsProps {
  asked: Asked;
  onClose: () => void;
  onDeleted?: () => void;
}

export function ProfileDialogs({ asked: { kind, id }, onClose, onDeleted }: ProfileDialogsProps) {
  const { t } = useTranslation("profiles");
  if (kind !== "add" && id !== null) return <OfOne kind={kind} id={id} onClose={onClose} onDeleted={onDeleted} />;
  return (
    <Dialog title={t("form.add")} size="lg" isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => <ProfileForm onDone={close} />}
    </Dialog>
  );
}

interface OfOneProps {
  kind: Exclude<Asked["kind"], "add">;
  id: string;
  onClose: () => void;
  onDeleted?: () => void;
}

function OfOne({ kind, id, onClose, onDeleted }: OfOneProps) {
  const { t } = useTranslation("profiles");
  const query = useQuery(profileQuery(id));
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!query.data) return <AwaitedDialog title={t("title")} query={query} onOpenChange={change} />;
  const { item, etag } = query.data;
  const { name } = item;
  switch (kind) {
    case "edit":
      return (
        <Dialog title={t("form.edit", { name })} size="lg" isOpen onOpenChange={change}>
          {(close) => <ProfileForm item={item} etag={etag} onDone={close} />}
        </Dialog>
      );
    case "send":
      return (
        <Dialog title={t("send.title", { name })} description={t("send.text")} isOpen onOpenChange={change}>
          {(close) => <SendProfile item={item} onDone={close} />}
        </Dialog>
      );
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
            await deleteChargingProfile({ path: { profile_id: id }, throwOnError: true });
            if (onDeleted) onDeleted();
            else profilesChanged(id);
            toast({ tone: "success", title: t("delete.done", { name }) });
          }}
        />
      );
  }
}
