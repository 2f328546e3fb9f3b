// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who may sign in, with which role where. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { FileUp, UserPlus, UsersRound } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listUsers } from "@/api/sdk.gen";
import type { ListUsersData, UserItem } from "@/api/types.gen";
import { PAGE, rolesQuery, userRows } from "@/features/people/api";
import { nameOf, STATUSES, userPath } from "@/features/people/model";
import { Factors, useRoleName, useRolesWords, UserStatusBadge } from "@/features/people/parts";
import { isNarrowed, readSearch, SORTS, valuesOf, type PeopleSearch } from "@/features/people/search";
import { userActions, type Asked } from "@/features/people/user-actions";
import {
  Ago,
  Button,
  DataGrid,
  EmptyState,
  ExportMenu,
  FilterBar,
  ForbiddenPage,
  gridSort,
  LinkButton,
  Page,
  Panel,
  SearchBox,
  type FilterDefinition,
  type GridColumn,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useServerList } from "@/lib/lists";
import { useMay, useMe } from "@/lib/me";
import { apiPath } from "@/lib/search";

const route = getRouteApi("/signed-in/users");
const Dialogs = lazy(() => import("@/features/people/user-dialogs").then((file) => ({ default: file.UserDialogs })));
const READ = "account:user:read";
const WRITE = "account:user:write";

function queryOf({ status, role, ...search }: PeopleSearch): NonNullable<ListUsersData["query"]> {
  const known = STATUSES.filter((each) => status?.includes(each));
  // several are sent one after the other; the API document knows of one
  const roles = role as unknown as string | undefined;
  return { ...search, ...(roles && { "roles[contains_any]": roles }), ...(known.length > 0 && { status: known }) };
}

export function UsersPage() {
  const { t } = useTranslation("people");
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { invite, ...narrowed } = search;
  const [asked, setAsked] = useState<Asked | null>(null);
  const shown: Asked | null = asked ?? (invite && may(WRITE) ? { kind: "invite", id: null } : null);
  if (!may(READ)) return <ForbiddenPage title={t("title")} permission={READ} />;
  const close = () => {
    setAsked(null);
    if (invite) void navigate({ search: narrowed, replace: true });
  };
  return (
    <Page
      title={t("title")}
      description={t("intro")}
      actions={
        <>
          <ExportMenu name="users" path={(as) => apiPath("/api/v1/users", { ...queryOf(narrowed), format: as })} />
          {may("data:import:run") && may(WRITE) && (
            <LinkButton to="/users/import" icon={<FileUp aria-hidden />}>
              {t("actions.import")}
            </LinkButton>
          )}
          {may(WRITE) && (
            <Button
              variant="primary"
              icon={<UserPlus aria-hidden />}
              onPress={() => setAsked({ kind: "invite", id: null })}
            >
              {t("actions.invite")}
            </Button>
          )}
        </>
      }
    >
      <UsersList
        search={narrowed}
        onSearch={(next) => void navigate({ search: next, replace: true })}
        onAsk={setAsked}
      />
      {shown && (
        <Suspense>
          <Dialogs asked={shown} onClose={close} />
        </Suspense>
      )}
    </Page>
  );
}

function useColumns(): GridColumn<UserItem>[] {
  const { t } = useTranslation("people");
  const format = useFormat();
  const words = useRolesWords();
  return useMemo(
    () => [
      { id: "username", label: t("columns.user"), width: 180, sortable: true, render: nameOf },
      {
        id: "status",
        label: t("columns.status"),
        width: 130,
        render: ({ status }) => <UserStatusBadge status={status} />,
      },
      { id: "roles", label: t("columns.roles"), width: 250, render: (user) => words(user) },
      { id: "email", label: t("columns.email"), width: 200, render: ({ email }) => email ?? "–" },
      { id: "factors", label: t("columns.factors"), width: 180, render: (user) => <Factors user={user} /> },
      {
        id: "last_login_at",
        label: t("columns.lastSignIn"),
        width: 150,
        sortable: true,
        render: ({ last_login_at: at }) => (at === null ? t("never") : <Ago at={at} />),
      },
      {
        id: "created_at",
        label: t("columns.created"),
        width: 184,
        sortable: true,
        isHidden: true,
        render: ({ created_at: at }) => format.dateTime(at),
      },
    ],
    [t, format, words],
  );
}

function useFilters(): FilterDefinition[] {
  const { t } = useTranslation("people");
  const may = useMay();
  const name = useRoleName();
  const { data: roles } = useQuery({ ...rolesQuery, enabled: may("account:role:read") });
  return useMemo(() => {
    const all: (FilterDefinition | false | undefined)[] = [
      {
        id: "status",
        kind: "options",
        label: t("columns.status"),
        options: STATUSES.map((id) => ({ id, label: t(`status.${id}`) })),
      },
      roles && {
        id: "role",
        kind: "options",
        label: t("filterRole"),
        options: roles.map(({ key }) => ({ id: key, label: name(key) })),
      },
    ];
    return all.filter((each): each is FilterDefinition => Boolean(each));
  }, [t, roles, name]);
}

interface UsersListProps {
  search: PeopleSearch;
  onSearch: (search: PeopleSearch) => void;
  onAsk: (asked: Asked) => void;
}

function UsersList({ search, onSearch, onAsk }: UsersListProps) {
  const { t } = useTranslation("people");
  const may = useMay();
  const me = useMe();
  const navigate = route.useNavigate();
  const query = queryOf(search);
  const list = useServerList<UserItem>({
    queryKey: ["users", "list", query],
    rows: userRows,
    idOf: ({ id }) => id,
    load: async (cursor, signal) =>
      (await listUsers({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data,
  });
  return (
    <Panel>
      <FilterBar
        filters={useFilters()}
        value={valuesOf(search)}
        onChange={(values) => onSearch(readSearch({ ...values, q: search.q, sort: search.sort }))}
      >
        <SearchBox label={t("search")} value={search.q} onSearch={(q) => onSearch({ ...search, q: q || undefined })} />
      </FilterBar>
      <DataGrid<UserItem>
        label={t("title")}
        columns={useColumns()}
        {...list.grid}
        rowName={nameOf}
        {...gridSort(search, SORTS, "username", onSearch)}
        onOpen={(id) => void navigate({ to: userPath(id) })}
        href={({ id }) => userPath(id)}
        actions={(user) => [
          { id: "open", label: t("actions.open"), to: userPath(user.id) },
          ...userActions(user, { t, isMe: user.id === me?.id, mayWrite: may(WRITE), onAsk }),
        ]}
        count={t(list.isWhole ? "list.count" : "list.about", { count: list.total })}
        empty={
          isNarrowed(search) ? (
            <EmptyState
              title={t("empty.filtered")}
              text={t("empty.filteredText")}
              action={<Button onPress={() => onSearch({})}>{t("empty.clear")}</Button>}
            />
          ) : (
            <EmptyState icon={<UsersRound aria-hidden />} title={t("empty.title")} text={t("intro")} />
          )
        }
      />
    </Panel>
  );
}
