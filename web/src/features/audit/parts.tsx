// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who, what, and to what, in words. */
import { Bot, KeyRound, Terminal, User } from "lucide-react";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { AuditItem } from "@/api/types.gen";
import styles from "@/features/audit/audit.module.css";
import { objectPath, partsOf } from "@/features/audit/model";
import { TextLink } from "@/kit";

const ICONS = { user: User, api_key: KeyRound, cli: Terminal, host: Terminal } as const;

export function useWords() {
  const { t } = useTranslation("audit");
  const thing = useCallback((name: string) => t(`things.${name}`, { defaultValue: name }), [t]);
  const action = useCallback(
    (full: string) => {
      const parts = partsOf(full);
      if (!parts.verb) return full;
      return t("action", {
        thing: thing(parts.thing),
        verb: t(`verbs.${parts.verb}`, { defaultValue: parts.verb.replaceAll("_", " ") }),
      });
    },
    [t, thing],
  );
  const actor = useCallback((kind: string) => t(`actors.${kind}`, { defaultValue: kind }), [t]);
  return { thing, action, actor };
}

export function Who({ item }: { item: AuditItem }) {
  const { t } = useTranslation("audit");
  const { actor } = useWords();
  const Icon = Object.hasOwn(ICONS, item.actor_kind) ? ICONS[item.actor_kind as keyof typeof ICONS] : Bot;
  const isItself = item.actor_kind === "system" && item.actor_name === "system";
  return (
    <span className={styles.who}>
      <Icon aria-hidden />
      <span className="visually-hidden">{actor(item.actor_kind)}: </span>
      <bdi>{isItself ? t("actors.system") : item.actor_name || t("erasedName")}</bdi>
    </span>
  );
}

export function What({ item, isLink }: { item: AuditItem; isLink?: boolean }) {
  const { thing } = useWords();
  const path = isLink ? objectPath(item.subject_kind, item.subject_id) : null;
  return (
    <span>
      {thing(item.subject_kind)}{" "}
      <bdi className="mono">{path ? <TextLink to={path}>{item.subject_id}</TextLink> : item.subject_id}</bdi>
    </span>
  );
}
