// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a text is called, and how it is: as delivered, or changed. */
import { CircleCheck, CircleOff, Pencil } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Text, TextRow } from "@/features/alerts/text-model";
import { Badge } from "@/kit";
import { useAppearance } from "@/lib/appearance";

const STATES = {
  delivered: { icon: CircleCheck, tone: "neutral" },
  changed: { icon: Pencil, tone: "info" },
  unused: { icon: CircleOff, tone: "warning" },
} as const;

export function TextState({ state }: Pick<TextRow, "state">) {
  const { t } = useTranslation("texts");
  const { icon: Icon, tone } = STATES[state];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {t(`state.${state}`)}
    </Badge>
  );
}

/** A text as people call it. */
export function useTextNames() {
  const { t } = useTranslation("texts");
  const own = useAppearance((state) => state.language);
  return useMemo(() => {
    const languages = new Intl.DisplayNames(own, { type: "language" });
    const kind = (id: string) => t(`kinds.${id}`, { defaultValue: id });
    const language = (id: string) => languages.of(id) ?? id;
    return {
      kind,
      language,
      name: (text: Pick<Text, "kind" | "language">) =>
        t("edit", { kind: kind(text.kind), language: language(text.language) }),
    };
  }, [t, own]);
}
