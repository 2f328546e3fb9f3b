// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The ways for chargers to come in. */
import { FileUp, PlugZap, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import { MenuButton } from "@/kit";
import { useMay } from "@/lib/me";

export function AddMenu() {
  const { t } = useTranslation("chargers");
  const may = useMay();
  if (!may("charger:charger:create")) return null;
  const one = {
    id: "one",
    label: t("add.one"),
    description: t("add.oneText"),
    icon: <PlugZap aria-hidden />,
    to: "/chargers/add",
  };
  const many = {
    id: "many",
    label: t("add.many"),
    description: t("add.manyText"),
    icon: <FileUp aria-hidden />,
    to: "/chargers/import",
  };
  const items = may("data:import:run") ? [one, many] : [one];
  return <MenuButton label={t("add.add")} icon={<Plus aria-hidden />} variant="primary" items={items} />;
}
