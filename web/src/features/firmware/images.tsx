// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The images that chargers can be given. */
import { getRouteApi } from "@tanstack/react-router";
import { HardDriveDownload, ShieldCheck, Upload } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listFirmware } from "@/api/sdk.gen";
import type { FirmwareItem, ListFirmwareData } from "@/api/types.gen";
import { imageRows, PAGE } from "@/features/firmware/api";
import { isSigned } from "@/features/firmware/model";
import {
  Ago,
  Badge,
  Button,
  DataGrid,
  EmptyState,
  Panel,
  SearchBox,
  Toolbar,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/firmware");
const ImageDialog = lazy(() =>
  import("@/features/firmware/image-dialogs").then((file) => ({ default: file.ImageDialog })),
);

export interface AskedImage {
  kind: "show" | "edit" | "delete";
  id: string;
}

function useColumns(): GridColumn<FirmwareItem>[] {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "name", label: t("columns.file"), width: 220, render: ({ name }) => name },
      { id: "version", label: t("columns.version"), width: 120, render: ({ version }) => version ?? "–" },
      { id: "vendor", label: t("fields.vendor"), width: 140, render: ({ vendor }) => vendor ?? "–" },
      { id: "model", label: t("fields.model"), width: 140, render: ({ model }) => model ?? "–" },
      {
        id: "size",
        label: t("columns.size"),
        width: 110,
        align: "end",
        render: ({ size_bytes: size }) => format.bytes(size),
      },
      {
        id: "signed",
        label: t("columns.signature"),
        width: 130,
        render: (image) =>
          isSigned(image) ? (
            <Badge tone="success" icon={<ShieldCheck aria-hidden />}>
              {t("images.signed")}
            </Badge>
          ) : (
            t("images.unsigned")
          ),
      },
      {
        id: "checksum",
        label: t("columns.checksum"),
        width: 170,
        render: ({ sha256 }) => <span className="mono">{sha256.slice(0, 16)}…</span>,
      },
      { id: "created", label: t("columns.added"), width: 140, render: ({ created_at: at }) => <Ago at={at} /> },
    ],
    [t, format],
  );
}

export function ImageList({ onUpload }: { onUpload: () => void }) {
  const { t } = useTranslation("firmware");
  const may = useMay();
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<AskedImage | null>(null);
  const list = useServerList<FirmwareItem>({
    queryKey: ["firmware", "images", q ?? null],
    rows: imageRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) => {
      const query: ListFirmwareData["query"] = { ...(q && { q }), limit: PAGE, cursor };
      return (await listFirmware({ query, signal, throwOnError: true })).data;
    },
  });
  const search = (text: string) => void navigate({ search: { tab: "images", q: text || undefined }, replace: true });
  const actions = ({ id, can }: FirmwareItem): MenuAction[] => {
    const ask = (kind: AskedImage["kind"]) => () => setAsked({ kind, id });
    const all: (MenuAction | false)[] = [
      { id: "show", label: t("images.show"), onAction: ask("show") },
      may("charger:firmware:install") && {
        id: "campaign",
        label: t("images.campaign"),
        to: appPath("/firmware/new", { image: id }),
      },
      can?.update_firmware === true && { id: "edit", label: t("edit"), onAction: ask("edit") },
      can?.delete_firmware === true && {
        id: "delete",
        label: t("delete"),
        isDanger: true,
        startsGroup: true,
        onAction: ask("delete"),
      },
    ];
    return all.filter((each) => each !== false);
  };
  return (
    <Panel>
      <Toolbar>
        <SearchBox label={t("images.search")} value={q} onSearch={search} />
      </Toolbar>
      <DataGrid<FirmwareItem>
        label={t("tabs.images")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ name }) => name}
        onOpen={(id) => setAsked({ kind: "show", id })}
        actions={actions}
        count={t(list.isWhole ? "images.count" : "images.about", { count: list.total })}
        empty={
          q ? (
            <EmptyState
              title={t("images.filtered")}
              action={<Button onPress={() => search("")}>{t("clear")}</Button>}
            />
          ) : (
            <EmptyState
              icon={<HardDriveDownload aria-hidden />}
              title={t("images.none")}
              text={t("images.noneText")}
              action={
                may("firmware:image:write") && (
                  <Button variant="primary" icon={<Upload aria-hidden />} onPress={onUpload}>
                    {t("images.upload")}
                  </Button>
                )
              }
            />
          )
        }
      />
      {asked && (
        <Suspense>
          <ImageDialog key={asked.id} asked={asked} onAsk={setAsked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Panel>
  );
}
