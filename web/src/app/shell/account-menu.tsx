// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who is signed in, and the way out. */
import { LogOut, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";

import { MenuButton } from "@/kit";
import { useSignOut } from "@/kit/sign-out";
import { useMe } from "@/lib/me";

export function AccountMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const signOut = useSignOut();
  return (
    <MenuButton
      label={me?.display_name ?? me?.username ?? t("account.title")}
      icon={<UserRound aria-hidden />}
      isIconOnly
      items={[
        { id: "account", label: t("account.title"), icon: <UserRound aria-hidden />, to: "/account" },
        { id: "sign-out", label: t("account.signOut"), icon: <LogOut aria-hidden />, onAction: signOut },
      ]}
    />
  );
}
