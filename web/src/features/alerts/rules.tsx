// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** When somebody is told, over which channels, and what was sent. */
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { ChannelsList } from "@/features/alerts/channels";
import { MessagesList } from "@/features/alerts/messages";
import { RulesList } from "@/features/alerts/rules-list";
import { RULE_TABS, type RulesSearch } from "@/features/alerts/search";
import { NoPermission, Page, Tabs } from "@/kit";
import { useMay } from "@/lib/me";
import { TextsList } from "@/features/alerts/texts";

const route = getRouteApi("/signed-in/alerts/rules");
const CHANNELS = "notification:channel:read";
const READ = { rules: "alert:rule:read", channels: CHANNELS, texts: CHANNELS, messages: CHANNELS };

export function RulesPage() {
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tabs = RULE_TABS.filter((id) => may(READ[id]));
  const tab = tabs.find((id) => id === search.tab) ?? tabs[0];
  const narrow = (next: RulesSearch) => void navigate({ search: next, replace: true });
  const parts = { search, onSearch: narrow };
  return (
    <Page title={t("title")} breadcrumbs={[{ label: alerts("title"), to: "/alerts" }, { label: t("title") }]}>
      {tab === undefined ? (
        <NoPermission permission={READ.rules} />
      ) : (
        <Tabs
          label={t("title")}
          items={tabs.map((id) => ({ id, label: t(`tabs.${id}`) }))}
          selected={tab}
          onChange={(next) => void navigate({ search: next === tabs[0] ? {} : { tab: next } })}
        >
          {tab === "rules" ? (
            <RulesList {...parts} />
          ) : tab === "channels" ? (
            <ChannelsList {...parts} />
          ) : tab === "texts" ? (
            <TextsList />
          ) : (
            <MessagesList {...parts} />
          )}
        </Tabs>
      )}
    </Page>
  );
}
