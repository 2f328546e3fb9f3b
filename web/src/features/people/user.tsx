// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One user: what they may do where, how they sign in, where they are signed in, what they did. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Eraser, Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { createPrivacyErasure, getInvitation } from "@/api/sdk.gen";
import type { UserItem } from "@/api/types.gen";
import { userQuery, usersChanged } from "@/features/people/api";
import { nameOf } from "@/features/people/model";
import { Factors, RolesList, UserStatusBadge } from "@/features/people/parts";
import styles from "@/features/people/people.module.css";
import type { UserTab } from "@/features/people/search";
import { userActions, type Asked } from "@/features/people/user-actions";
import { UserActivity } from "@/features/people/user-activity";
import { UserSessions } from "@/features/people/user-sessions";
import {
  Ago,
  AwaitedPage,
  Badge,
  Banner,
  Button,
  Card,
  ConfirmDialog,
  KeyValue,
  MenuButton,
  Page,
  Tabs,
  toast,
  useNow,
  type Fact,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay, useMe } from "@/lib/me";
import { problemOf } from "@/lib/problems";

const route = getRouteApi("/signed-in/users/$userId");
const Dialogs = lazy(() => import("@/features/people/user-dialogs").then((file) => ({ default: file.UserDialogs })));
const READ = "account:user:read";

export function UserPage() {
  const { t } = useTranslation("people");
  const { userId } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...userQuery(userId), enabled: may(READ) });
  if (query.data) return <One user={query.data.item} />;
  return (
    <AwaitedPage title={t("one.title")} list={{ label: t("title"), to: "/users" }} permission={READ} query={query} />
  );
}

function One({ user }: { user: UserItem }) {
  const { t } = useTranslation("people");
  const may = useMay();
  const me = useMe();
  const navigate = route.useNavigate();
  const { tab = "sessions" } = route.useSearch();
  const [asked, setAsked] = useState<Asked | null>(null);
  const mayWrite = may("account:user:write");
  const actions = userActions(user, { t, isMe: me?.id === user.id, mayWrite, onAsk: setAsked });
  const edit = actions.find(({ id }) => id === "edit");
  const tabs: UserTab[] = may("system:audit:read") ? ["sessions", "activity"] : ["sessions"];
  return (
    <Page
      title={nameOf(user)}
      status={<UserStatusBadge status={user.status} />}
      breadcrumbs={[{ label: t("title"), to: "/users" }, { label: nameOf(user) }]}
      actions={
        edit && (
          <>
            <Button icon={<Pencil aria-hidden />} onPress={() => edit.onAction?.()}>
              {t("actions.edit")}
            </Button>
            <MenuButton label={t("actions.more")} variant="secondary" items={actions.filter((each) => each !== edit)} />
          </>
        )
      }
    >
      {user.status === "invited" && <Waiting user={user} />}
      {user.status === "retired" && <Retired user={user} />}
      <Facts user={user} />
      <Tabs
        label={t("one.title")}
        items={tabs.map((id) => ({ id, label: t(`tabs.${id}`) }))}
        selected={tab}
        onChange={(next) => void navigate({ search: next === "sessions" ? {} : { tab: next }, replace: true })}
      >
        {tab === "activity" ? <UserActivity user={user} /> : <UserSessions user={user} />}
      </Tabs>
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

function Facts({ user }: { user: UserItem }) {
  const { t } = useTranslation("people");
  const format = useFormat();
  const { email, email_verified_at: verified, last_login_at: last, password_changed_at: password } = user;
  const facts: Fact[] = [
    { label: t("form.username"), value: user.username },
    {
      label: t("columns.email"),
      value: email && (
        <span className={styles.badges}>
          <span>{email}</span>
          <Badge tone={verified ? "success" : "warning"}>{t(verified ? "email.verified" : "email.unverified")}</Badge>
        </span>
      ),
    },
    { label: t("columns.roles"), value: <RolesList user={user} /> },
    { label: t("columns.factors"), value: <Factors user={user} /> },
    {
      label: t("columns.password"),
      value: user.must_change_password
        ? t("password.mustChange")
        : password === null
          ? t("never")
          : format.dateTime(password),
    },
    { label: t("columns.lastSignIn"), value: last === null ? t("never") : <Ago at={last} /> },
    { label: t("columns.created"), value: format.dateTime(user.created_at) },
    { label: t("columns.updated"), value: format.dateTime(user.updated_at) },
  ];
  return (
    <Card title={t("one.facts")}>
      <KeyValue items={facts} />
    </Card>
  );
}

/** How far the invitation is. */
function Waiting({ user }: { user: UserItem }) {
  const { t } = useTranslation("people");
  const format = useFormat();
  const now = useNow();
  const { data } = useQuery({
    queryKey: ["users", "invitation", user.id],
    queryFn: async ({ signal }) => {
      try {
        return (await getInvitation({ path: { user_id: user.id }, signal, throwOnError: true })).data;
      } catch (error) {
        if (problemOf(error).status === 404) return null;
        throw error;
      }
    },
  });
  if (!data) return null;
  const isOver = Date.parse(data.expires_at) <= now;
  const { mail } = data;
  const failed = mail?.status === "failed";
  return (
    <Banner
      tone={isOver || failed ? "warning" : "info"}
      title={t(isOver ? "waiting.over" : "waiting.title")}
      live="off"
    >
      {t("waiting.until", { time: format.dateTime(data.expires_at) })}{" "}
      {mail ? t(`waiting.mail.${mail.status}`, { email: mail.recipient }) : t("waiting.noMail")} {mail?.error}
    </Banner>
  );
}

/** What a retired user leaves behind can be made nobody's. */
function Retired({ user }: { user: UserItem }) {
  const { t } = useTranslation("people");
  const may = useMay();
  const format = useFormat();
  const [isErasing, setErasing] = useState(false);
  return (
    <Banner
      tone="info"
      live="off"
      title={t("retired.title", { time: format.dateTime(user.retired_at ?? user.updated_at) })}
      action={
        may("privacy:person:erase") && (
          <Button size="sm" icon={<Eraser aria-hidden />} onPress={() => setErasing(true)}>
            {t("retired.erase")}
          </Button>
        )
      }
    >
      {t("retired.text")}
      <ConfirmDialog
        title={t("erase.title", { name: nameOf(user) })}
        consequence={t("erase.text")}
        confirmLabel={t("retired.erase")}
        isDanger
        isOpen={isErasing}
        onOpenChange={setErasing}
        onConfirm={async () => {
          await createPrivacyErasure({ body: { user_id: user.id }, throwOnError: true });
          toast({ tone: "success", title: t("erase.done") });
          usersChanged();
        }}
      />
    </Banner>
  );
}
