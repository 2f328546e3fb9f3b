// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Groups: what tags say in their field "group", taken together. */
import { getRouteApi } from "@tanstack/react-router";
import { Layers } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { blockTokenGroup, listTokenGroups, renameTokenGroup, unblockTokenGroup } from "@/api/sdk.gen";
import type { TokenGroup } from "@/api/types.gen";
import { tagsChanged } from "@/features/tags/api";
import { GROUP_SORTS, type TagsSearch } from "@/features/tags/search";
import {
  Button,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  gridSort,
  Panel,
  SearchBox,
  TextField,
  toast,
  Toolbar,
  type GridColumn,
  type MenuAction,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay } from "@/lib/me";
import { Rows } from "@/lib/rows";
import { sortOf } from "@/lib/search";

const route = getRouteApi("/signed-in/tags");
const groupRows = new Rows<TokenGroup>();
const PAGE = 100;
const COUNTS = ["tokens", "accepted", "blocked", "expired", "invalid"] as const;

interface Asked {
  kind: "block" | "unblock" | "rename";
  group: TokenGroup;
}

interface GroupsListProps {
  search: TagsSearch;
  onSearch: (search: TagsSearch) => void;
}

function useColumns(): GridColumn<TokenGroup>[] {
  const { t } = useTranslation("tags");
  const format = useFormat();
  return useMemo(
    () => [
      { id: "name", label: t("columns.group"), width: 220, sortable: true, render: ({ name }) => name },
      ...COUNTS.map((id) => ({
        id,
        label: t(`groups.${id}`),
        width: 110,
        align: "end" as const,
        sortable: id === "tokens",
        render: (group: TokenGroup) => format.number(group[id]),
      })),
    ],
    [t, format],
  );
}

export function GroupsList({ search, onSearch }: GroupsListProps) {
  const { t } = useTranslation("tags");
  const may = useMay();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const sort = sortOf(search.sort, GROUP_SORTS);
  const list = useServerList<TokenGroup>({
    queryKey: ["tags", "groups", search.q ?? null, sort ?? null],
    rows: groupRows,
    idOf: ({ name }) => name,
    load: async (cursor, signal) => {
      const query = { q: search.q, sort, limit: PAGE, cursor };
      return (await listTokenGroups({ query, signal, throwOnError: true })).data;
    },
  });
  const show = (group: string) => void navigate({ search: { group } });
  const actions = (group: TokenGroup): MenuAction[] => {
    const found: MenuAction[] = [{ id: "show", label: t("groups.show"), onAction: () => show(group.name) }];
    if (!may("token:token:update")) return found;
    const ask = (kind: Asked["kind"]) => () => setAsked({ kind, group });
    const none = t("groups.none");
    return [
      ...found,
      { id: "rename", label: t("groups.rename.action"), onAction: ask("rename") },
      {
        id: "unblock",
        label: t("groups.unblock.action"),
        onAction: ask("unblock"),
        isDisabled: !group.blocked,
        reason: none,
      },
      {
        id: "block",
        label: t("groups.block.action"),
        onAction: ask("block"),
        isDanger: true,
        isDisabled: !group.accepted,
        reason: none,
      },
    ];
  };
  return (
    <Panel>
      <Toolbar>
        <SearchBox
          label={t("groups.search")}
          value={search.q}
          onSearch={(q) => onSearch({ ...search, q: q || undefined })}
        />
      </Toolbar>
      <DataGrid<TokenGroup>
        keptAs="tag_groups"
        label={t("tabs.groups")}
        columns={useColumns()}
        {...list.grid}
        rowName={({ name }) => name}
        {...gridSort({ ...search, sort }, GROUP_SORTS, "name", onSearch)}
        onOpen={show}
        actions={actions}
        empty={
          search.q ? (
            <EmptyState
              title={t("groups.filtered")}
              action={<Button onPress={() => onSearch({ tab: "groups" })}>{t("empty.clear")}</Button>}
            />
          ) : (
            <EmptyState icon={<Layers aria-hidden />} title={t("groups.empty")} text={t("groups.emptyText")} />
          )
        }
      />
      {asked && <GroupDialog asked={asked} onClose={() => setAsked(null)} />}
    </Panel>
  );
}

function GroupDialog({ asked: { kind, group }, onClose }: { asked: Asked; onClose: () => void }) {
  const { t } = useTranslation("tags");
  const [name, setName] = useState(group.name);
  const path = { name: group.name };
  const confirm = async () => {
    if (kind === "rename") await renameTokenGroup({ path, body: { name: name.trim() }, throwOnError: true });
    else await (kind === "block" ? blockTokenGroup : unblockTokenGroup)({ path, throwOnError: true });
    tagsChanged();
    toast({ tone: "success", title: t(`groups.${kind}.done`, { name: group.name }) });
  };
  const count = kind === "block" ? group.accepted : kind === "unblock" ? group.blocked : group.tokens;
  return (
    <ConfirmDialog
      title={t(`groups.${kind}.title`, { name: group.name })}
      consequence={t(`groups.${kind}.text`, { count })}
      confirmLabel={t(`groups.${kind}.do`)}
      isDanger={kind === "block"}
      typed={kind === "block" && count >= 20 ? group.name : undefined}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={confirm}
    >
      {kind === "rename" && (
        <TextField label={t("groups.name")} value={name} onChange={setName} maxLength={36} isRequired />
      )}
    </ConfirmDialog>
  );
}
