// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How the state of a tag looks. */
import { Ban, CircleCheck, CircleHelp, TimerOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Token } from "@/api/types.gen";
import { stateOf } from "@/features/tags/model";
import { Badge, useNow } from "@/kit";

const LOOKS = {
  accepted: { tone: "success", icon: <CircleCheck aria-hidden /> },
  blocked: { tone: "danger", icon: <Ban aria-hidden /> },
  expired: { tone: "warning", icon: <TimerOff aria-hidden /> },
  invalid: { tone: "neutral", icon: <CircleHelp aria-hidden /> },
} as const;

export function TagStatus({ tag }: { tag: Pick<Token, "status" | "expires_at"> }) {
  const { t } = useTranslation("tags");
  const now = useNow();
  const state = stateOf(tag, now);
  const { tone, icon } = LOOKS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`status.${state}`)}
    </Badge>
  );
}
