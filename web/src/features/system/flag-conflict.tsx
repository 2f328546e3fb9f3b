// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Somebody else has changed a feature flag meanwhile: what it is now, and what was to be saved. */
import { useTranslation } from "react-i18next";

import type { FlagDraft, RuleDraft } from "@/features/system/flag-rules";
import { Conflict } from "@/kit";
import { useFormat } from "@/lib/format";

interface Props {
  mine: FlagDraft;
  theirs: FlagDraft;
  isPending: boolean;
  onKeepTheirs: () => void;
  onSaveMine: () => void;
}

export function FlagConflict({ mine, theirs, ...rest }: Props) {
  const { t } = useTranslation("system");
  const wordsOf = useWords();
  const names = ["description", "state", "variants", "defaultVariant", "rules"] as const;
  const [own, other] = [wordsOf(mine), wordsOf(theirs)];
  const fields = names.map((name) => ({ label: t(`flags.${name}`), mine: own[name], theirs: other[name] }));
  return <Conflict fields={fields} {...rest} />;
}

function useWords() {
  const { t } = useTranslation("system");
  const format = useFormat();
  const rule = ({ variant, percentage, ...whose }: RuleDraft): string => {
    const parts = (["roles", "users", "organizations"] as const).flatMap((name) =>
      whose[name].trim() ? [`${t(`flags.${name}`)}: ${whose[name].trim()}`] : [],
    );
    return `${variant} ${format.percent((percentage ?? 100) / 100)} – ${parts.join("; ") || t("flags.everybody")}`;
  };
  return ({ description, enabled, variants, defaultVariant, rules }: FlagDraft) => ({
    description,
    state: t(enabled ? "settings.on" : "settings.off"),
    variants: variants.map(({ name, value }) => `${name} = ${value}`).join("\n"),
    defaultVariant,
    rules: rules.map(rule).join("\n"),
  });
}
