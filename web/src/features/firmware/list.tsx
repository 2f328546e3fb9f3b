// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Firmware: campaigns that bring it to chargers, and the images themselves. */
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Upload } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { CampaignList, campaignsFilter } from "@/features/firmware/campaigns";
import { ImageList } from "@/features/firmware/images";
import { Button, ExportMenu, ForbiddenPage, LinkButton, Page, Tabs } from "@/kit";
import { useMay } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/firmware");
const UploadDialog = lazy(() =>
  import("@/features/firmware/image-dialogs").then((file) => ({ default: file.UploadDialog })),
);
const CAMPAIGNS = "charger:charger:read";
const IMAGES = "firmware:image:read";

export function FirmwarePage() {
  const { t } = useTranslation("firmware");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [isUploading, setUploading] = useState(false);
  const shown = (["campaigns", "images"] as const).filter((tab) => may(tab === "images" ? IMAGES : CAMPAIGNS));
  const wanted = search.tab ?? "campaigns";
  const tab = shown.includes(wanted) ? wanted : shown[0];
  if (!tab) return <ForbiddenPage title={t("title")} permission={IMAGES} />;
  const exported = (as: string) =>
    tab === "images"
      ? apiPath("/api/v1/firmware", { q: search.q, format: as })
      : apiPath("/api/v1/firmware-campaigns", { ...campaignsFilter(search), format: as });
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <ExportMenu name={`firmware-${tab}`} path={exported} />
          {may("firmware:image:write") && (
            <Button
              variant={tab === "images" ? "primary" : "secondary"}
              icon={<Upload aria-hidden />}
              onPress={() => setUploading(true)}
            >
              {t("images.upload")}
            </Button>
          )}
          {may("charger:firmware:install") && tab === "campaigns" && (
            <LinkButton to="/firmware/new" variant="primary" icon={<Plus aria-hidden />}>
              {t("campaigns.add")}
            </LinkButton>
          )}
        </>
      }
    >
      <Tabs
        label={t("title")}
        items={shown.map((id) => ({ id, label: t(`tabs.${id}`) }))}
        selected={tab}
        onChange={(next) => void navigate({ search: next === "images" ? { tab: next } : {} })}
      >
        {tab === "images" ? <ImageList onUpload={() => setUploading(true)} /> : <CampaignList />}
      </Tabs>
      {isUploading && (
        <Suspense>
          <UploadDialog onClose={() => setUploading(false)} />
        </Suspense>
      )}
    </Page>
  );
}
