// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The menu where there is no room for it beside the screen. */
import { useTranslation } from "react-i18next";

import { SitePicker } from "@/app/shell/site-picker";
import { SideMenu } from "@/app/shell/side-menu";
import { Drawer } from "@/kit";

export function PhoneMenu({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange: (isOpen: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <Drawer title={t("shell.menu")} isOpen={isOpen} onOpenChange={onOpenChange} side="start">
      <SitePicker isWide onChosen={() => onOpenChange(false)} />
      <SideMenu />
    </Drawer>
  );
}
