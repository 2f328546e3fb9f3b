// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about sites: a new one, a change, the end. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { deleteSite } from "@/api/sdk.gen";
import { siteQuery, sitesChanged } from "@/features/sites/api";
import { SiteForm } from "@/features/sites/form";
import { AwaitedDialog, ConfirmDialog, Dialog, toast } from "@/kit";

export interface Asked {
  kind: "add" | "edit" | "delete";
  /** Of the one that is changed; of a new one, where it lies. */
  id: string | null;
}

interface SiteDialogsProps {
  asked: Asked;
  onClose: () => void;
  onDeleted?: () => void;
}

export function SiteDialogs({ asked: { kind, id }, onClose, onDeleted }: SiteDialogsProps) {
  const { t } = useTranslation("sites");
  if (kind !== "add" && id !== null) return <OfOne kind={kind} id={id} onClose={onClose} onDeleted={onDeleted} />;
  return (
    <Dialog title={t("form.add")} isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => <SiteForm parentId={id} onDone={close} />}
    </Dialog>
  );
}

interface OfOneProps {
  kind: "edit" | "delete";
  id: string;
  onClose: () => void;
  onDeleted?: () => void;
}

function OfOne({ kind, id, onClose, onDeleted }: OfOneProps) {
  const { t } = useTranslation("sites");
  const query = useQuery(siteQuery(id));
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!query.data) return <AwaitedDialog title={t("title")} query={query} onOpenChange={change} />;
  const { item: site, etag } = query.data;
  const { name } = site;
  if (kind === "edit") {
    return (
      <Dialog title={t("form.edit", { name })} isOpen onOpenChange={change}>
        {(close) => <SiteForm site={site} etag={etag} onDone={close} />}
      </Dialog>
    );
  }
  const confirm = async () => {
    await deleteSite({ path: { site_id: id }, throwOnError: true });
    if (onDeleted) onDeleted();
    else sitesChanged(id);
    toast({ tone: "success", title: t("delete.done", { name }) });
  };
  return (
    <ConfirmDialog
      title={t("delete.title", { name })}
      consequence={t("delete.text")}
      confirmLabel={t("delete.do")}
      isDanger
      isOpen
      onOpenChange={change}
      onConfirm={confirm}
    />
  );
}
