// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be done with the chargers that are selected. */
import { getRouteApi } from "@tanstack/react-router";
import { Ban, Download, FileCog, MapPinned, RotateCw, ServerCog, Send } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "@/app/me";
import { exportPath, filterOf, filtersOf, type ChargersSearch } from "@/features/chargers/filters";
import { Button, LinkButton, MenuButton, useDownload, type GridSelection, type MenuAction } from "@/kit";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/chargers");
const BulkDialog = lazy(() => import("@/features/chargers/bulk-dialog").then((file) => ({ default: file.BulkDialog })));

export type BulkKind = "reset" | "availability" | "trigger" | "site";

export interface BulkActionsProps {
  selection: GridSelection;
  total: number;
  onDone: () => void;
}

/** The wizard of campaigns reads whom it is for from its address: some by their ids, otherwise the filter. */
export function campaignPath({ ids, isAll }: GridSelection, search: ChargersSearch): string {
  return appPath("/firmware/new", isAll ? { filter: filterOf(search) } : { ids: [...ids] });
}

const MOST_TEMPLATE = 500;

/** The same for templates: their dry run comes first. */
function templatesPath({ ids, isAll }: GridSelection, search: ChargersSearch): string {
  const targets = isAll ? { filter: filtersOf(ids, true, search)[0] } : { ids: [...ids] };
  return `/templates/apply?${new URLSearchParams({ targets: JSON.stringify(targets) })}`;
}

export function BulkActions({ selection, total, onDone }: BulkActionsProps) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const search = route.useSearch();
  const [kind, setKind] = useState<BulkKind | null>(null);
  const sends = may("charger:command:send");
  const resets = sends && may("charger:charger:reset");
  const others: (MenuAction | false)[] = [
    sends && {
      id: "trigger",
      label: t("bulk.trigger.action"),
      icon: <Send aria-hidden />,
      onAction: () => setKind("trigger"),
    },
    may("charger:configuration:change") && {
      id: "template",
      label: t("bulk.template.action"),
      icon: <FileCog aria-hidden />,
      to: templatesPath(selection, search),
      isDisabled: !selection.isAll && selection.ids.size > MOST_TEMPLATE,
      reason: t("bulk.template.named", { number: MOST_TEMPLATE }),
    },
    may("charger:charger:update") && {
      id: "site",
      label: t("bulk.site.action"),
      icon: <MapPinned aria-hidden />,
      onAction: () => setKind("site"),
    },
  ];
  const shown = others.filter((each) => each !== false);
  return (
    <>
      {resets && (
        <Button size="sm" icon={<RotateCw aria-hidden />} onPress={() => setKind("reset")}>
          {t("bulk.reset.action")}
        </Button>
      )}
      {resets && (
        <Button size="sm" icon={<Ban aria-hidden />} onPress={() => setKind("availability")}>
          {t("bulk.availability.action")}
        </Button>
      )}
      {may("charger:firmware:install") && (
        <LinkButton size="sm" icon={<ServerCog aria-hidden />} to={campaignPath(selection, search)}>
          {t("bulk.firmware")}
        </LinkButton>
      )}
      {may("data:list:export") && <ExportMenu selection={selection} search={search} />}
      {shown.length > 0 && <MenuButton label={t("bulk.more")} size="sm" placement="top end" items={shown} />}
      {kind && (
        <Suspense>
          <BulkDialog
            kind={kind}
            selection={selection}
            total={total}
            search={search}
            onClose={() => setKind(null)}
            onDone={onDone}
          />
        </Suspense>
      )}
    </>
  );
}

const FORMATS = ["csv", "xlsx", "pdf"] as const;

function ExportMenu({ selection: { ids, isAll }, search }: { selection: GridSelection; search: ChargersSearch }) {
  const { t } = useTranslation("chargers");
  const download = useDownload();
  const filters = filtersOf(ids, isAll, search);
  const [filter] = filters;
  const isTooMany = filters.length > 1;
  const items = FORMATS.map((format) => ({
    id: format,
    label: format.toUpperCase(),
    isDisabled: isTooMany,
    reason: t("bulk.exportMany"),
    onAction: () => filter && download(exportPath(filter, format, search.sort), `chargers.${format}`),
  }));
  return (
    <MenuButton label={t("bulk.export")} icon={<Download aria-hidden />} size="sm" placement="top end" items={items} />
  );
}
