// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A profile is taken from a charger; the charger has to agree. */
import { useTranslation } from "react-i18next";

import type { GivenProfile } from "@/api/types.gen";
import { ask, profilesChanged } from "@/features/profiles/api";
import { ConfirmDialog, toast } from "@/kit";

interface ClearProfileProps {
  given: GivenProfile;
  name: string;
  onClose: () => void;
}

export function ClearProfile({ given, name, onClose }: ClearProfileProps) {
  const { t } = useTranslation("profiles");
  const { charger_id: charger, profile_id: number } = given;
  const clear = async () => {
    const { status, reason } = await ask(charger, { type: "clear_charging_profile", profile_id: number });
    if (status !== "accepted" && status !== "pending")
      throw new Error([t(`answer.${status}`), reason].filter(Boolean).join(": "));
    // what is heard of the charger is kept a moment later
    for (const wait of [0, 1_000, 4_000]) setTimeout(profilesChanged, wait);
    toast({ tone: "success", title: t(status === "pending" ? "clear.sent" : "clear.done", { charger, name }) });
  };
  return (
    <ConfirmDialog
      title={t("clear.title", { charger, name })}
      consequence={t("clear.text")}
      confirmLabel={t("clear.action")}
      isDanger
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={clear}
    />
  );
}
