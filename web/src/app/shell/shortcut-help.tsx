// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which keys there are. */
import { Compass } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button, Dialog, Kbd } from "@/kit";
import { useMay } from "@/lib/me";
import { placesFor } from "@/lib/navigation";
import { useOverlays } from "@/lib/overlays";

import styles from "./shortcut-help.module.css";

export function ShortcutHelp() {
  const { t } = useTranslation();
  const { t: onboarding } = useTranslation("onboarding");
  const { shown, open, close } = useOverlays();
  const may = useMay();
  const places = placesFor(may).flatMap((group) => group.places);
  const general = [
    { keys: ["Ctrl", "K"], text: t("shortcuts.palette") },
    { keys: ["?"], text: t("shortcuts.help") },
    { keys: ["/"], text: t("shortcuts.filter") },
  ];
  const grid = [
    { keys: ["↑", "↓"], text: t("shortcuts.rows") },
    { keys: ["Space"], text: t("shortcuts.select") },
    { keys: ["Shift", "Space"], text: t("shortcuts.selectRange") },
    { keys: ["Enter"], text: t("shortcuts.openRow") },
  ];
  const going = places.flatMap(({ id, key }) =>
    key === undefined ? [] : [{ keys: ["g", key], text: t(`places.${id}`) }],
  );
  return (
    <Dialog
      title={t("shortcuts.title")}
      isOpen={shown === "shortcuts"}
      onOpenChange={(isOpen) => !isOpen && close()}
      footer={
        <Button icon={<Compass aria-hidden />} onPress={() => open("tour")}>
          {onboarding("tour.take")}
        </Button>
      }
    >
      <div className={styles.columns}>
        <Keys title={t("shortcuts.general")} keys={general} />
        <Keys title={t("shortcuts.lists")} keys={grid} />
        <Keys title={t("shortcuts.go")} keys={going} />
      </div>
    </Dialog>
  );
}

function Keys({ title, keys }: { title: string; keys: { keys: string[]; text: string }[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className={styles.list}>
        {keys.map(({ keys: each, text }) => (
          <div key={text}>
            <dt>
              <Kbd keys={each} />
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
