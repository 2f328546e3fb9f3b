// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How users and their roles look. */
import { useQuery } from "@tanstack/react-query";
import { Ban, CircleCheck, KeyRound, Mail, Smartphone, UserX } from "lucide-react";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { RoleItem, UserItem } from "@/api/types.gen";
import { rolesQuery, usePlaceNames } from "@/features/people/api";
import { givenOf, rolePath, type UserStatus } from "@/features/people/model";
import styles from "@/features/people/people.module.css";
import { Badge, TextLink } from "@/kit";
import { useMay } from "@/lib/me";

const LOOKS = {
  active: { tone: "success", icon: <CircleCheck aria-hidden /> },
  invited: { tone: "info", icon: <Mail aria-hidden /> },
  suspended: { tone: "danger", icon: <Ban aria-hidden /> },
  retired: { tone: "neutral", icon: <UserX aria-hidden /> },
} as const;

export function UserStatusBadge({ status }: { status: UserStatus }) {
  const { t } = useTranslation("people");
  const { tone, icon } = LOOKS[status];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`status.${status}`)}
    </Badge>
  );
}

/** What there is beside the password. */
export function Factors({ user: { totp, passkeys } }: { user: Pick<UserItem, "totp" | "passkeys"> }) {
  const { t } = useTranslation("people");
  if (!totp && !passkeys) return <>{t("factors.none")}</>;
  return (
    <span className={styles.badges}>
      {totp && <Badge icon={<Smartphone aria-hidden />}>{t("factors.totp")}</Badge>}
      {passkeys > 0 && <Badge icon={<KeyRound aria-hidden />}>{t("factors.passkeys", { count: passkeys })}</Badge>}
    </span>
  );
}

/** What a role is called: those that are built in in the reader's language. */
export function useRoleName(): (key: string) => string {
  const { t } = useTranslation("roles");
  const may = useMay();
  const { data } = useQuery({ ...rolesQuery, enabled: may("account:role:read"), staleTime: 30_000 });
  return useCallback(
    (key) => t(`builtIn.${key}.name`, { defaultValue: data?.find((role) => role.key === key)?.name ?? key }),
    [t, data],
  );
}

export function useRoleText(): (role: RoleItem) => string {
  const { t } = useTranslation("roles");
  return useCallback(({ key, description }) => t(`builtIn.${key}.text`, { defaultValue: description ?? "" }), [t]);
}

/** In one line: Technician (Depot North, Depot South). */
export function useRolesWords(): (user: Pick<UserItem, "role" | "assignments">) => string {
  const { t } = useTranslation("people");
  const name = useRoleName();
  const place = usePlaceNames();
  return (user) =>
    givenOf(user)
      .map(({ role, places }) =>
        places.length ? t("roles.at", { role: name(role), places: places.map(place).join(", ") }) : name(role),
      )
      .join("; ") || t("roles.none");
}

/** The same, one below the other. */
export function RolesList({ user }: { user: Pick<UserItem, "role" | "assignments"> }) {
  const { t } = useTranslation("people");
  const name = useRoleName();
  const place = usePlaceNames();
  const may = useMay();
  const given = givenOf(user);
  if (!given.length) return <>{t("roles.none")}</>;
  return (
    <ul className={styles.roles}>
      {given.map(({ role, places }) => (
        <li key={role}>
          {may("account:role:read") ? <TextLink to={rolePath(role)}>{name(role)}</TextLink> : name(role)}
          <span className="soft">{places.length ? places.map(place).join(", ") : t("roles.everywhere")}</span>
        </li>
      ))}
    </ul>
  );
}
