// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be decided about a campaign now. */
import { getRouteApi } from "@tanstack/react-router";
import { Pause, Pencil, Play, RotateCw, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import {
  abortFirmwareCampaign,
  deleteFirmwareCampaign,
  pauseFirmwareCampaign,
  resumeFirmwareCampaign,
  retryFirmwareCampaign,
} from "@/api/sdk.gen";
import type { Campaign } from "@/api/types.gen";
import { firmwareChanged } from "@/features/firmware/api";
import { MANY, standOf } from "@/features/firmware/model";
import { Button, ConfirmDialog, LinkButton, MenuButton, toast } from "@/kit";
import { useFormat } from "@/lib/format";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/firmware/campaigns/$id");

const ACTS = {
  pause: pauseFirmwareCampaign,
  resume: resumeFirmwareCampaign,
  abort: abortFirmwareCampaign,
  retry: retryFirmwareCampaign,
} as const;

type Act = keyof typeof ACTS | "delete";

export function Decisions({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Act | null>(null);
  const { id, name, status, can = {} } = campaign;
  const { again, busy } = standOf(campaign.counts);
  const waiting = campaign.counts.waiting ?? 0;
  const isOver = status === "done" || status === "stopped";
  const path = { campaign_id: id };
  const confirm = async () => {
    if (asked === null) return;
    if (asked === "delete") {
      await deleteFirmwareCampaign({ path, throwOnError: true });
      await navigate({ to: "/firmware" });
    } else await ACTS[asked]({ path, throwOnError: true });
    firmwareChanged();
    toast({ tone: "success", title: t(`acts.${asked}.told`, { name }) });
  };
  const numbers: Partial<Record<Act, number>> = { abort: waiting, retry: again, resume: waiting };
  const mayInstall = can.start_firmware_campaign ?? false;
  const isMany = asked === "retry" && again >= MANY;
  return (
    <>
      {status === "running" && can.pause_firmware_campaign && (
        <Button icon={<Pause aria-hidden />} onPress={() => setAsked("pause")}>
          {t("acts.pause.action")}
        </Button>
      )}
      {status === "paused" && can.resume_firmware_campaign && (
        <Button variant="primary" icon={<Play aria-hidden />} onPress={() => setAsked("resume")}>
          {t("acts.resume.action")}
        </Button>
      )}
      {status !== "draft" && status !== "scheduled" && again > 0 && can.retry_firmware_campaign && (
        <Button icon={<RotateCw aria-hidden />} onPress={() => setAsked("retry")}>
          {t("acts.retry.action", { count: again })}
        </Button>
      )}
      {status !== "draft" && !isOver && can.abort_firmware_campaign && (
        <Button variant="danger" icon={<Square aria-hidden />} onPress={() => setAsked("abort")}>
          {t("acts.abort.action")}
        </Button>
      )}
      {status === "draft" && mayInstall && (
        <LinkButton to={appPath("/firmware/new", { draft: id })} variant="primary" icon={<Pencil aria-hidden />}>
          {t("draft.goOn")}
        </LinkButton>
      )}
      {(status === "draft" || isOver) && can.delete_firmware_campaign && (
        <MenuButton
          label={t("more")}
          isIconOnly
          variant="secondary"
          items={[
            {
              id: "delete",
              label: t("delete"),
              icon: <Trash2 aria-hidden />,
              isDanger: true,
              isDisabled: busy > 0,
              reason: t("acts.delete.busy"),
              onAction: () => setAsked("delete"),
            },
          ]}
        />
      )}
      {asked && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setAsked(null)}
          title={t(`acts.${asked}.title`, { name })}
          consequence={t(`acts.${asked}.text`, { count: numbers[asked] ?? 0 })}
          confirmLabel={t(`acts.${asked}.do`)}
          isDanger={asked === "abort" || asked === "delete"}
          typed={isMany ? format.number(again) : undefined}
          onConfirm={confirm}
        />
      )}
    </>
  );
}
