// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about one driver, over the list or over their own screen. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { deleteDriver } from "@/api/sdk.gen";
import { changeDriver, driverQuery, driversChanged } from "@/features/drivers/api";
import { DriverForm } from "@/features/drivers/form";
import type { Asked } from "@/features/drivers/list";
import { AwaitedDialog, ConfirmDialog, Dialog, toast } from "@/kit";

interface DriverDialogsProps {
  asked: Asked;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DriverDialogs({ asked: { kind, id }, onClose, onDeleted }: DriverDialogsProps) {
  const { t } = useTranslation("drivers");
  const change = (isOpen: boolean) => isOpen || onClose();
  if (id !== null) return <OfOne kind={kind} id={id} onClose={onClose} onDeleted={onDeleted} />;
  return (
    <Dialog title={t("form.add")} isOpen onOpenChange={change}>
      {(close) => <DriverForm onDone={close} />}
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
  const { t } = useTranslation("drivers");
  const query = useQuery(driverQuery(id));
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!query.data) return <AwaitedDialog title={t("title")} query={query} onOpenChange={change} />;
  const { item: driver, etag } = query.data;
  const { name } = driver;
  if (kind === "edit" || kind === "add") {
    return (
      <Dialog title={t("form.edit", { name })} isOpen onOpenChange={change}>
        {(close) => <DriverForm driver={driver} etag={etag} onDone={close} />}
      </Dialog>
    );
  }
  const confirm = async () => {
    if (kind === "delete") {
      await deleteDriver({ path: { driver_id: id }, headers: { "if-match": etag }, throwOnError: true });
      if (onDeleted) onDeleted();
      else driversChanged(id);
    } else {
      await changeDriver(id, { status: kind === "block" ? "blocked" : "active" }, etag);
      driversChanged();
    }
    toast({ tone: "success", title: t(`${kind}.done`, { name }) });
  };
  return (
    <ConfirmDialog
      title={t(`${kind}.title`, { name })}
      consequence={t(`${kind}.text`)}
      confirmLabel={t(`${kind}.do`)}
      isDanger={kind !== "unblock"}
      isOpen
      onOpenChange={change}
      onConfirm={confirm}
    />
  );
}
