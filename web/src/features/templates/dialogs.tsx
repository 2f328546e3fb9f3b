// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about templates: a new one, a change, the end. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { deleteConfigurationTemplate } from "@/api/sdk.gen";
import { templateQuery, templatesChanged } from "@/features/templates/api";
import { TemplateForm } from "@/features/templates/form";
import type { Asked } from "@/features/templates/list";
import { AwaitedDialog, ConfirmDialog, Dialog, toast } from "@/kit";
import { useFormat } from "@/lib/format";

interface TemplateDialogsProps {
  asked: Asked;
  onClose: () => void;
  onDeleted?: () => void;
}

export function TemplateDialogs({ asked: { kind, id }, onClose, onDeleted }: TemplateDialogsProps) {
  const { t } = useTranslation("templates");
  if (kind !== "add" && id !== null) return <OfOne kind={kind} id={id} onClose={onClose} onDeleted={onDeleted} />;
  return (
    <Dialog title={t("form.add")} size="lg" isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => <TemplateForm onDone={close} />}
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
  const { t } = useTranslation("templates");
  const format = useFormat();
  const query = useQuery(templateQuery(id));
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!query.data) return <AwaitedDialog title={t("title")} query={query} onOpenChange={change} />;
  const { item: template, etag } = query.data;
  const { name, chargers: count } = template;
  if (kind === "edit") {
    return (
      <Dialog title={t("form.edit", { name })} size="lg" isOpen onOpenChange={change}>
        {(close) => <TemplateForm template={template} etag={etag} onDone={close} />}
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      title={t("delete.title", { name })}
      consequence={t("delete.text", { count, number: format.number(count) })}
      confirmLabel={t("delete.do")}
      isDanger
      isOpen
      onOpenChange={change}
      onConfirm={async () => {
        await deleteConfigurationTemplate({ path: { template_id: id }, throwOnError: true });
        if (onDeleted) onDeleted();
        else templatesChanged(id);
        toast({ tone: "success", title: t("delete.done", { name }) });
      }}
    />
  );
}
