// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How keys look, and what can be done with one. */
import type { TFunction } from "i18next";
import { Ban, CircleCheck, CircleX, TimerOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { ApiKeyItem } from "@/api/types.gen";
import { Badge, type MenuAction } from "@/kit";

type Status = ApiKeyItem["status"];
export const STATUSES = ["active", "expired", "suspended", "revoked"] as const satisfies readonly Status[];

const LOOKS = {
  active: { tone: "success", icon: <CircleCheck aria-hidden /> },
  expired: { tone: "warning", icon: <TimerOff aria-hidden /> },
  suspended: { tone: "danger", icon: <Ban aria-hidden /> },
  revoked: { tone: "neutral", icon: <CircleX aria-hidden /> },
} as const;

export function KeyStatusBadge({ status }: { status: Status }) {
  const { t } = useTranslation("keys");
  const { tone, icon } = LOOKS[status];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`status.${status}`)}
    </Badge>
  );
}

export function keyPath(id: string): string {
  return `/api-keys/${encodeURIComponent(id)}`;
}

export type KeyAsked = { kind: "add" } | { kind: "edit" | "rotate" | "take_over" | "revoke"; of: ApiKeyItem };

interface Circumstances {
  t: TFunction<"keys">;
  mayWrite: boolean;
  onAsk: (asked: KeyAsked) => void;
}

export function keyActions(key: ApiKeyItem, { t, mayWrite, onAsk }: Circumstances): MenuAction[] {
  if (key.status === "revoked" || !(key.can?.update_api_key ?? mayWrite)) return [];
  const action = (kind: "edit" | "rotate" | "take_over" | "revoke"): MenuAction => ({
    id: kind,
    label: t(`actions.${kind}`),
    onAction: () => onAsk({ kind, of: key }),
  });
  return [
    action("edit"),
    action("rotate"),
    action("take_over"),
    { ...action("revoke"), isDanger: true, startsGroup: true },
  ];
}
