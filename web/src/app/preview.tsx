// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The app as a role sees it, and the way back. */
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import { meQuery } from "@/app/me";
import { queries } from "@/app/queries";
import { Banner, Button } from "@/kit";
import { usePreview, type PreviewedRole } from "@/lib/preview";

/** Begins it; null ends it. What was read before is forgotten: it was read with other rights. */
export function usePreviewAs(): (role: PreviewedRole | null) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(
    async (role) => {
      const before = usePreview.getState().role;
      usePreview.setState({ role });
      await queries.cancelQueries();
      try {
        await queries.fetchQuery({ ...meQuery, staleTime: 0 });
      } catch (error) {
        usePreview.setState({ role: before });
        throw error;
      }
      await navigate({ to: role ? "/" : `/roles/${encodeURIComponent(before?.key ?? "")}` });
      await queries.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] });
    },
    [navigate],
  );
}

export function PreviewBanner({ role }: { role: PreviewedRole }) {
  const { t } = useTranslation();
  const previewAs = usePreviewAs();
  return (
    <Banner
      tone="warning"
      title={t("preview.title", { role: role.name })}
      action={<Button onPress={() => void previewAs(null)}>{t("preview.stop")}</Button>}
    >
      {t("preview.text")}
    </Banner>
  );
}
