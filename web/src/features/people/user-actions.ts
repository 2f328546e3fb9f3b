// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be done with a user, in the list and on their own screen. */
import type { TFunction } from "i18next";

import type { UserItem } from "@/api/types.gen";
import type { MenuAction } from "@/kit";

export type AskedKind =
  | "invite"
  | "edit"
  | "reinvite"
  | "verify"
  | "suspend"
  | "reactivate"
  | "sign_out"
  | "hand_over"
  | "retire";

export interface Asked {
  kind: AskedKind;
  id: string | null;
}

interface Circumstances {
  t: TFunction<"people">;
  /** Nobody locks themselves out. */
  isMe: boolean;
  mayWrite: boolean;
  onAsk: (asked: Asked) => void;
}

export function userActions(user: UserItem, { t, isMe, mayWrite, onAsk }: Circumstances): MenuAction[] {
  const { id, status, email, email_verified_at: verified } = user;
  if (status === "retired" || !(user.can?.update_user ?? mayWrite)) return [];
  const action = (kind: AskedKind, more: Partial<MenuAction> = {}): MenuAction => ({
    id: kind,
    label: t(`actions.${kind}`),
    onAction: () => onAsk({ kind, id }),
    ...more,
  });
  const own: Partial<MenuAction> = isMe ? { isDisabled: true, reason: t("own") } : {};
  const isSuspended = status === "suspended";
  return [
    action("edit"),
    action("reinvite", { ...own, ...(status === "invited" ? {} : { label: t("actions.newLink") }) }),
    ...(email !== null && verified === null && status === "active" ? [action("verify")] : []),
    ...(status === "active" ? [action("sign_out")] : []),
    isSuspended
      ? action("reactivate", { startsGroup: true })
      : action("suspend", { ...own, startsGroup: true, isDanger: true }),
    action("hand_over", {
      isDanger: true,
      ...(email === null ? { isDisabled: true, reason: t("noEmail") } : {}),
      ...own,
    }),
    action("retire", { isDanger: true, ...own }),
  ];
}
