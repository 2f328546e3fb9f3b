// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Above the overview, as long as there is a first step to take: the first charger, or a way through the demo. */
import { useQuery } from "@tanstack/react-query";
import { Compass } from "lucide-react";
import { useTranslation } from "react-i18next";

import { listChargersOptions } from "@/api/@tanstack/react-query.gen";
import { Banner, Button } from "@/kit";
import { useMay } from "@/lib/me";
import { useOverlays } from "@/lib/overlays";

import { FirstCharger } from "./first-charger";
import { useRemembered } from "./remembered";
import styles from "./welcome.module.css";

const DEMO = /^DEMO-\d{3}$/;

export function Welcome() {
  const may = useMay();
  const { dismissed, waitingFor } = useRemembered();
  const isOver = dismissed.includes("first-charger") && dismissed.includes("tour");
  const chargers = useQuery({
    ...listChargersOptions({ query: { limit: 1, sort: "created_at", fields: "id" } }),
    enabled: may("charger:charger:read") && !isOver,
  });
  const first = chargers.data?.items[0]?.id;
  const isEmpty = chargers.isSuccess && first === undefined;
  if ((isEmpty || waitingFor !== null) && !dismissed.includes("first-charger"))
    return (
      <div className={styles.place}>
        <FirstCharger />
      </div>
    );
  if (first !== undefined && DEMO.test(first) && !dismissed.includes("tour"))
    return (
      <div className={styles.place}>
        <DemoHint />
      </div>
    );
  return null;
}

function DemoHint() {
  const { t } = useTranslation("onboarding");
  const open = useOverlays((state) => state.open);
  const dismiss = useRemembered((state) => state.dismiss);
  const take = () => {
    dismiss("tour");
    open("tour");
  };
  return (
    <Banner
      live="off"
      title={t("demo.title")}
      action={
        <Button icon={<Compass aria-hidden />} onPress={take}>
          {t("tour.take")}
        </Button>
      }
      onClose={() => dismiss("tour")}
    >
      {t("demo.text")}
    </Banner>
  );
}
