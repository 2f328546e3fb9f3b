// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One role: what it allows, who has it, and how the app looks to them. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Copy, Eye, Pencil, Trash2 } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { deleteRole, listUsers, updateRole } from "@/api/sdk.gen";
import type { RoleItem, RoleUpdate } from "@/api/types.gen";
import { SETS_DEFAULTS } from "@/lib/dashboard-defaults";
import { permissionsQuery, roleQuery, rolesChanged } from "@/features/people/api";
import { RoleDashboard } from "@/features/people/role-dashboard";
import { Matrix } from "@/features/people/matrix";
import { nameOf, userPath } from "@/features/people/model";
import { useRoleName, useRoleText } from "@/features/people/parts";
import { givable } from "@/features/people/permissions";
import {
  AwaitedPage,
  Badge,
  Button,
  Card,
  Checkbox,
  ConfirmDialog,
  Conflict,
  EmptyState,
  ErrorState,
  Form,
  FormActions,
  KeyValue,
  MenuButton,
  Page,
  Panel,
  Skeleton,
  TextArea,
  TextField,
  TextLink,
  toast,
  type MenuAction,
} from "@/kit";
import { isConflict, useBegun } from "@/lib/edited";
import { textOf } from "@/lib/forms";
import { useFormat } from "@/lib/format";
import { useMay, useMe } from "@/lib/me";
import { usePreviewAs } from "@/lib/preview-as";
import { queries } from "@/lib/queries";
import { appPath } from "@/lib/search";

const route = getRouteApi("/signed-in/roles/$key");
const RoleDialog = lazy(() => import("@/features/people/role-form").then((file) => ({ default: file.NewRoleDialog })));
const READ = "account:role:read";
const FEW = 20;

export function RolePage() {
  const { t } = useTranslation("roles");
  const { key } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...roleQuery(key), enabled: may(READ) });
  if (query.data) return <One key={key} role={query.data.item} etag={query.data.etag} />;
  return (
    <AwaitedPage title={t("one.title")} list={{ label: t("title"), to: "/roles" }} permission={READ} query={query} />
  );
}

function One({ role, etag }: { role: RoleItem; etag: string | null }) {
  const { t } = useTranslation("roles");
  const may = useMay();
  const navigate = route.useNavigate();
  const name = useRoleName()(role.key);
  const text = useRoleText()(role);
  const previewAs = usePreviewAs();
  const [dialog, setDialog] = useState<"clone" | "delete" | null>(null);
  const [isEditing, setEditing] = useState(false);
  const mayWrite = may("account:role:write");
  const isOwn = !role.built_in;
  const more: MenuAction[] = [
    ...(isOwn
      ? [{ id: "clone", label: t("clone"), icon: <Copy aria-hidden />, onAction: () => setDialog("clone") }]
      : []),
    ...(isOwn
      ? [
          {
            id: "delete",
            label: t("delete.do"),
            icon: <Trash2 aria-hidden />,
            isDanger: true,
            isDisabled: role.users > 0,
            reason: t("delete.used", { count: role.users }),
            onAction: () => setDialog("delete"),
          },
        ]
      : []),
  ];
  return (
    <Page
      title={name}
      description={text}
      status={<Badge tone={isOwn ? "info" : "neutral"}>{t(isOwn ? "isOwn" : "isBuiltIn")}</Badge>}
      breadcrumbs={[{ label: t("title"), to: "/roles" }, { label: name }]}
      actions={
        <>
          <Button icon={<Eye aria-hidden />} onPress={() => void previewAs({ key: role.key, name })}>
            {t("preview")}
          </Button>
          {mayWrite && isOwn && !isEditing && (
            <Button variant="primary" icon={<Pencil aria-hidden />} onPress={() => setEditing(true)}>
              {t("edit")}
            </Button>
          )}
          {mayWrite && !isOwn && (
            <Button variant="primary" icon={<Copy aria-hidden />} onPress={() => setDialog("clone")}>
              {t("clone")}
            </Button>
          )}
          {mayWrite && isOwn && <MenuButton label={t("more")} isIconOnly variant="secondary" items={more} />}
        </>
      }
    >
      {isEditing ? (
        <Edit role={role} etag={etag} onDone={() => setEditing(false)} />
      ) : (
        <>
          <Facts role={role} />
          {may(SETS_DEFAULTS) && <RoleDashboard role={role} />}
          <Permissions role={role} />
        </>
      )}
      {dialog === "clone" && (
        <Suspense>
          <RoleDialog like={role.key} onClose={() => setDialog(null)} />
        </Suspense>
      )}
      {dialog === "delete" && (
        <ConfirmDialog
          title={t("delete.title", { name })}
          consequence={t("delete.text")}
          confirmLabel={t("delete.do")}
          isDanger
          isOpen
          onOpenChange={(isOpen) => isOpen || setDialog(null)}
          onConfirm={async () => {
            await deleteRole({ path: { key: role.key }, throwOnError: true });
            toast({ tone: "success", title: t("delete.done", { name }) });
            await navigate({ to: "/roles" });
            rolesChanged();
          }}
        />
      )}
    </Page>
  );
}

/** Who has it. */
function Facts({ role }: { role: RoleItem }) {
  const { t } = useTranslation("roles");
  const format = useFormat();
  const may = useMay();
  const { data } = useQuery({
    queryKey: ["users", "of-role", role.key],
    queryFn: async ({ signal }) =>
      (await listUsers({ query: { "roles[contains_any]": role.key, limit: FEW }, signal, throwOnError: true })).data
        .items,
    enabled: may("account:user:read"),
  });
  const everywhere = data?.filter((user) => user.role === role.key).length ?? 0;
  return (
    <Card title={t("one.facts")}>
      <KeyValue
        items={[
          { label: t("form.key"), value: <span className="mono">{role.key}</span> },
          { label: t("columns.permissions"), value: format.number(role.permissions.length) },
          { label: t("form.mfa"), value: t(role.require_mfa ? "yes" : "no") },
          {
            label: t("columns.users"),
            value: (
              <>
                {t("usedBy", { count: role.users })}
                {data && data.length > 0 && (
                  <>
                    {": "}
                    {data.map((user, index) => (
                      <span key={user.id}>
                        {index > 0 && ", "}
                        <TextLink to={userPath(user.id)}>{nameOf(user)}</TextLink>
                      </span>
                    ))}
                  </>
                )}
                {data && data.length === FEW && (
                  <>
                    {" "}
                    <TextLink to={appPath("/users", { role: [role.key] })}>{t("allUsers")}</TextLink>
                  </>
                )}
                {data && data.length < FEW && data.length > everywhere && (
                  <> {t("atPlaces", { count: data.length - everywhere })}</>
                )}
              </>
            ),
            isWide: true,
          },
        ]}
      />
    </Card>
  );
}

function Permissions({ role }: { role: RoleItem }) {
  const { t } = useTranslation("roles");
  const { data, error, refetch } = useQuery(permissionsQuery);
  const chosen = useMemo(() => new Set(role.permissions), [role]);
  return (
    <Card title={t("columns.permissions")} description={role.built_in ? t("builtInText") : undefined}>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton lines={8} />
      ) : data.length === 0 ? (
        <EmptyState isCompact title={t("no")} />
      ) : (
        <Matrix all={data} chosen={chosen} />
      )}
    </Card>
  );
}

function Edit({ role, etag, onDone }: { role: RoleItem; etag: string | null; onDone: () => void }) {
  const { t } = useTranslation("roles");
  const begun = useBegun(etag);
  const me = useMe();
  const { data: all, error, refetch } = useQuery(permissionsQuery);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(role.permissions));
  const [asksFactor, setAsksFactor] = useState(role.require_mfa);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<RoleUpdate | null>(null);
  const mayGive = useMemo(() => givable(me?.grants ?? []), [me]);
  const save = async (body: RoleUpdate, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      await updateRole({ path: { key: role.key }, body, headers: { "if-match": version }, throwOnError: true });
      rolesChanged();
      void queries.invalidateQueries({ queryKey: ["me"] });
      toast({ tone: "success", title: t("form.saved", { name: body.name ?? role.name }) });
      onDone();
    } catch (thrown) {
      if (isConflict(thrown)) {
        await queries.invalidateQueries({ queryKey: roleQuery(role.key).queryKey });
        setMine(body);
      } else setProblem(thrown);
    } finally {
      setPending(false);
    }
  };
  if (mine)
    return (
      <Differences role={role} mine={mine} isPending={isPending} onKeep={onDone} onSave={() => void save(mine, etag)} />
    );
  const submit = (values: FormData) =>
    save(
      {
        name: textOf(values, "name").trim(),
        description: textOf(values, "description").trim() || null,
        permissions: [...chosen].toSorted() as RoleUpdate["permissions"],
        require_mfa: asksFactor,
      },
      begun,
    );
  return (
    <Form
      onSubmit={submit}
      problem={problem}
      names={{ name: t("form.name"), description: t("form.description"), permissions: t("columns.permissions") }}
    >
      <Card title={t("one.facts")}>
        <Panel>
          <TextField label={t("form.name")} name="name" defaultValue={role.name} isRequired maxLength={150} autoFocus />
          <TextArea
            label={t("form.description")}
            name="description"
            defaultValue={role.description ?? ""}
            rows={2}
            maxLength={500}
          />
          <Checkbox isSelected={asksFactor} onChange={setAsksFactor} description={t("form.mfaText")}>
            {t("form.mfa")}
          </Checkbox>
        </Panel>
      </Card>
      <Card
        title={t("columns.permissions")}
        description={t("form.atOnce", { count: role.users })}
        footer={
          <FormActions>
            <Button onPress={onDone}>{t("cancel")}</Button>
            <Button type="submit" variant="primary" isPending={isPending}>
              {t("save")}
            </Button>
          </FormActions>
        }
      >
        {error ? (
          <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
        ) : !all ? (
          <Skeleton lines={8} />
        ) : (
          <Matrix all={all} chosen={chosen} onChange={setChosen} givable={mayGive} />
        )}
      </Card>
    </Form>
  );
}

function only(one: readonly string[], other: readonly string[]): string {
  return one.filter((each) => !other.includes(each)).join(", ");
}

interface DifferencesProps {
  role: RoleItem;
  mine: RoleUpdate;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Differences({ role, mine, isPending, onKeep, onSave }: DifferencesProps) {
  const { t } = useTranslation("roles");
  const { data } = useQuery(roleQuery(role.key));
  const theirs = data?.item ?? role;
  const merged = { ...theirs, ...mine };
  const permissions = merged.permissions ?? [];
  return (
    <Conflict
      fields={[
        { label: t("form.name"), mine: merged.name ?? "", theirs: theirs.name },
        { label: t("form.description"), mine: merged.description ?? "", theirs: theirs.description ?? "" },
        {
          label: t("columns.permissions"),
          mine: only(permissions, theirs.permissions),
          theirs: only(theirs.permissions, permissions),
        },
        {
          label: t("form.mfa"),
          mine: t(merged.require_mfa ? "yes" : "no"),
          theirs: t(theirs.require_mfa ? "yes" : "no"),
        },
      ]}
      onKeepTheirs={onKeep}
      onSaveMine={onSave}
      isPending={isPending}
    />
  );
}
