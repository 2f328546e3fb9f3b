// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The question before the dashboard of a role goes. */
import { useTranslation } from "react-i18next";

import { deleteDashboardDefault } from "@/api/sdk.gen";
import { defaultsChanged } from "@/lib/dashboard-defaults";
import { ConfirmDialog } from "@/kit/confirm-dialog";
import { toast } from "@/kit/toast";
import { isConflict } from "@/lib/edited";

interface RemoveDefaultProps {
  role: string;
  /** What the role is called. */
  name: string;
  etag: string | null;
  onClose: () => void;
}

export function RemoveDefault({ role, name, etag, onClose }: RemoveDefaultProps) {
  const { t } = useTranslation("overview");
  const remove = async () => {
    try {
      await deleteDashboardDefault({ path: { key: role }, headers: { "if-match": etag }, throwOnError: true });
    } catch (error) {
      // what is there now is shown, and the next time it is meant
      if (isConflict(error)) defaultsChanged();
      throw error;
    }
    defaultsChanged();
    toast({ tone: "success", title: t("default.removed", { role: name }) });
  };
  return (
    <ConfirmDialog
      title={t("default.removeTitle", { role: name })}
      consequence={t("default.removeText")}
      confirmLabel={t("default.remove")}
      isDanger
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={remove}
    />
  );
}
