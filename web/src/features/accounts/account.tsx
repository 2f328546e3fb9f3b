// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One's own account: who one is here, what guards it, and where it is open. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { PageHeader, Tabs } from "@/kit";

import styles from "./parts.module.css";
import { ProfileTab } from "./profile-tab";
import { SecurityTab } from "./security-tab";
import { SessionsTab } from "./sessions-tab";

const TABS = ["profile", "security", "sessions"] as const;
const PANELS = { profile: ProfileTab, security: SecurityTab, sessions: SessionsTab };

export function AccountPage() {
  const { t } = useTranslation("accounts");
  const { tab = "profile" } = useSearch({ from: "/signed-in/account" });
  const navigate = useNavigate();
  const Panel = PANELS[tab];
  return (
    <>
      <PageHeader title={t("account.title")} />
      <Tabs
        label={t("account.title")}
        items={TABS.map((id) => ({ id, label: t(`account.tabs.${id}`) }))}
        selected={tab}
        onChange={(id) => void navigate({ to: "/account", search: { tab: id }, replace: true })}
      >
        <div className={styles.cards}>
          <Panel />
        </div>
      </Tabs>
    </>
  );
}
