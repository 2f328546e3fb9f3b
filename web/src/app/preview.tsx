// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Says that the app is seen as a role sees it, and leads back. */
import { useTranslation } from "react-i18next";

import { Banner, Button } from "@/kit";
import type { PreviewedRole } from "@/lib/preview";
import { usePreviewAs } from "@/lib/preview-as";

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
