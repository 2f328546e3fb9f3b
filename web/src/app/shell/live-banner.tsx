// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Says that what is on the screen may be old, as long as it may be. */
import { useTranslation } from "react-i18next";

import { Banner } from "@/kit";
import { useFormat } from "@/lib/format";
import { useLive } from "@/lib/live";

export function LiveBanner() {
  const { t } = useTranslation();
  const format = useFormat();
  const { condition, heardAt } = useLive();
  if (condition !== "lost") return null;
  return <Banner tone="warning" title={heardAt ? t("live.lostAt", { time: format.time(heardAt) }) : t("live.never")} />;
}
