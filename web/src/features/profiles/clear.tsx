// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A profile is taken from a charger; the charger has to agree. */
import { useTranslation } from "react-i18next";

import type { GivenProfile } from "@/api/types.gen";
import { profilesChanged } from "@/features/profiles/api";
import { ConfirmDialog, toast } from "@/kit";
import { ask } from "@/lib/chargers";

const PATIENCE_MS = 60_000;

interface ClearProfileProps {
  given: GivenProfile;
  name: string;
  onClose: () => void;
}

export function ClearProfile({ given, name, onClose }: ClearProfileProps) {
  const { t } = useTranslation("profiles");
  const { charger_id: charger, profile_id: number } = given;
  const clear = async () => {
    const body = { type: "clear_charging_profile" as const, profile_id: number };
    const { status, reason } = await ask(charger, body, AbortSignal.timeout(PATIENCE_MS));
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
