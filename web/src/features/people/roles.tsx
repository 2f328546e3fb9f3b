// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Roles: those that are built in, and the organization's own. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { rolesQuery } from "@/features/people/api";
import { rolePath } from "@/features/people/model";
import { useRoleName, useRoleText } from "@/features/people/parts";
import styles from "@/features/people/people.module.css";
import { Badge, Button, Card, ErrorState, Loading, NoPermission, Page, Skeleton, Table, TextLink } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { appPath } from "@/lib/search";

const RoleDialog = lazy(() => import("@/features/people/role-form").then((file) => ({ default: file.NewRoleDialog })));
const READ = "account:role:read";

export function RolesPage() {
  const { t } = useTranslation("roles");
  const may = useMay();
  const format = useFormat();
  const name = useRoleName();
  const text = useRoleText();
  const [isMaking, setMaking] = useState(false);
  const { data, error, refetch } = useQuery({ ...rolesQuery, enabled: may(READ) });
  return (
    <Page
      title={t("title")}
      description={t("intro")}
      actions={
        may("account:role:write") && (
          <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setMaking(true)}>
            {t("add")}
          </Button>
        )
      }
    >
      {!may(READ) ? (
        <NoPermission permission={READ} />
      ) : error && !data ? (
        <ErrorState problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={8} />
        </Loading>
      ) : (
        <Card isFlush>
          <Table
            label={t("title")}
            rows={data}
            rowId={({ key }) => key}
            columns={[
              {
                id: "name",
                label: t("columns.name"),
                sortValue: ({ key }) => name(key),
                render: ({ key }) => <TextLink to={rolePath(key)}>{name(key)}</TextLink>,
              },
              {
                id: "kind",
                label: t("columns.kind"),
                render: ({ built_in: builtIn, require_mfa: mfa }) => (
                  <span className={styles.badges}>
                    <Badge tone={builtIn ? "neutral" : "info"}>{t(builtIn ? "isBuiltIn" : "isOwn")}</Badge>
                    {mfa && <Badge tone="warning">{t("mfa")}</Badge>}
                  </span>
                ),
              },
              { id: "text", label: t("columns.text"), render: (role) => text(role) || "–" },
              {
                id: "permissions",
                label: t("columns.permissions"),
                align: "end",
                sortValue: ({ permissions }) => permissions.length,
                render: ({ permissions }) => format.number(permissions.length),
              },
              {
                id: "users",
                label: t("columns.users"),
                align: "end",
                sortValue: ({ users }) => users,
                render: ({ key, users }) =>
                  users > 0 && may("account:user:read") ? (
                    <TextLink to={appPath("/users", { role: [key] })}>{format.number(users)}</TextLink>
                  ) : (
                    format.number(users)
                  ),
              },
            ]}
          />
        </Card>
      )}
      {isMaking && (
        <Suspense>
          <RoleDialog onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </Page>
  );
}
