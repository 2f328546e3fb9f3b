// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who, what, and to what, in words. */
import { Bot, KeyRound, Terminal, User } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { AuditItem } from "@/api/types.gen";
import styles from "@/features/audit/audit.module.css";
import { objectPath } from "@/features/audit/model";
import { TextLink } from "@/kit";
import { useAuditWords } from "@/lib/audit";

const ICONS = { user: User, api_key: KeyRound, cli: Terminal, host: Terminal } as const;

export function Who({ item }: { item: AuditItem }) {
  const { t } = useTranslation("audit");
  const { actor } = useAuditWords();
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
  const { thing } = useAuditWords();
  const path = isLink ? objectPath(item.subject_kind, item.subject_id) : null;
  return (
    <span>
      {thing(item.subject_kind)}{" "}
      <bdi className={styles.mono}>{path ? <TextLink to={path}>{item.subject_id}</TextLink> : item.subject_id}</bdi>
    </span>
  );
}
