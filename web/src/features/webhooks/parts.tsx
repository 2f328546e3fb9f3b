// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How webhooks and their deliveries look. */
import { CircleCheck, CirclePause, CircleX, Clock, TriangleAlert } from "lucide-react";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { Delivery, Webhook } from "@/api/types.gen";
import { eventKey } from "@/features/webhooks/model";
import { Badge } from "@/kit";

export function WebhookStatus({ webhook: { status, failures } }: { webhook: Webhook }) {
  const { t } = useTranslation("webhooks");
  if (status === "paused")
    return (
      <Badge tone="warning" icon={<CirclePause aria-hidden />}>
        {t("status.paused")}
      </Badge>
    );
  return failures > 0 ? (
    <Badge tone="danger" icon={<TriangleAlert aria-hidden />}>
      {t("status.failing")}
    </Badge>
  ) : (
    <Badge tone="success" icon={<CircleCheck aria-hidden />}>
      {t("status.active")}
    </Badge>
  );
}

const LOOKS = {
  pending: { tone: "info", icon: <Clock aria-hidden /> },
  delivered: { tone: "success", icon: <CircleCheck aria-hidden /> },
  dead: { tone: "danger", icon: <CircleX aria-hidden /> },
} as const;

export function DeliveryStatus({ status }: { status: Delivery["status"] }) {
  const { t } = useTranslation("webhooks");
  const { tone, icon } = LOOKS[status];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`delivery.${status}`)}
    </Badge>
  );
}

export function useEventName(): (type: string) => string {
  const { t } = useTranslation("webhooks");
  return useCallback((type) => t(`events.${eventKey(type)}`, { defaultValue: type }), [t]);
}
