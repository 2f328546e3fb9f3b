// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One campaign: how far each wave and each charger is, and what is to be decided. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import type { Campaign } from "@/api/types.gen";
import { campaignQuery, useLiveCampaigns } from "@/features/firmware/api";
import { Decisions } from "@/features/firmware/campaign-acts";
import { Chargers } from "@/features/firmware/campaign-chargers";
import { Plan, Progress } from "@/features/firmware/campaign-plan";
import { isAlive } from "@/features/firmware/model";
import { CampaignBadge } from "@/features/firmware/parts";
import { AwaitedPage, Banner, Columns, ExportMenu, Page } from "@/kit";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/firmware/campaigns/$id");
const READ = "charger:charger:read";

export function CampaignPage() {
  const { t } = useTranslation("firmware");
  const { id } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...campaignQuery(id), enabled: may(READ) });
  useLiveCampaigns(query.data ? isAlive(query.data.item) : false);
  if (query.data) return <CampaignView campaign={query.data.item} />;
  return (
    <AwaitedPage
      title={t("campaigns.one")}
      list={{ label: t("title"), to: "/firmware" }}
      permission={READ}
      query={query}
    />
  );
}

function CampaignView({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation("firmware");
  const isDraft = campaign.status === "draft";
  const path = `/api/v1/firmware-campaigns/${campaign.id}/chargers`;
  return (
    <Page
      title={campaign.name}
      status={<CampaignBadge status={campaign.status} />}
      breadcrumbs={[{ label: t("title"), to: "/firmware" }, { label: campaign.name }]}
      actions={
        <>
          {!isDraft && <ExportMenu name="firmware-campaign" path={(as) => apiPath(path, { format: as })} />}
          <Decisions campaign={campaign} />
        </>
      }
    >
      {isDraft && (
        <Banner tone="info" title={t("draft.title")} live="off">
          {t("draft.text")}
        </Banner>
      )}
      {campaign.reason && (
        <Banner
          tone={campaign.status === "paused" ? "warning" : "danger"}
          title={t(`reason.${campaign.status}`)}
          live="off"
        >
          <span dir="auto">{campaign.reason}</span>
        </Banner>
      )}
      <Columns>
        {!isDraft && <Progress campaign={campaign} />}
        <Plan campaign={campaign} />
      </Columns>
      {!isDraft && <Chargers campaign={campaign} />}
    </Page>
  );
}
