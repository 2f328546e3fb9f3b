// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Identity providers that people sign in by. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { LogIn, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { deleteIdentityProvider, getIdentityProvider, listIdentityProviders } from "@/api/sdk.gen";
import type { ProviderItem } from "@/api/types.gen";
import { useRoleName } from "@/features/people/parts";
import { callbackOf, ProviderForm } from "@/features/people/provider-form";
import { ProviderTest } from "@/features/people/provider-test";
import {
  AwaitedDialog,
  Badge,
  Button,
  Card,
  ConfirmDialog,
  CopyButton,
  Dialog,
  EmptyState,
  ErrorState,
  Loading,
  MenuButton,
  NoPermission,
  Page,
  Skeleton,
  Table,
  toast,
} from "@/kit";
import { editedOf, type Edited } from "@/lib/edited";
import { useMay } from "@/lib/me";
import { outdate, queries } from "@/lib/queries";

const READ = "account:provider:read";
const MOST = 100;
const providersKey = ["identity-providers"];

function providerQuery(id: string) {
  return queryOptions({
    queryKey: [...providersKey, "one", id],
    queryFn: async ({ signal }): Promise<Edited<ProviderItem>> =>
      editedOf(await getIdentityProvider({ path: { provider_id: id }, signal, throwOnError: true })),
    staleTime: 0,
  });
}

type Asked = { kind: "add" } | { kind: "test" | "edit" | "delete"; of: ProviderItem };

export function ProvidersPage() {
  const { t } = useTranslation("providers");
  const may = useMay();
  const roleName = useRoleName();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: providersKey,
    queryFn: async ({ signal }) =>
      (await listIdentityProviders({ query: { limit: MOST }, signal, throwOnError: true })).data.items,
    enabled: may(READ),
  });
  const mayWrite = may("account:provider:write");
  const add = mayWrite && (
    <Button variant="primary" icon={<Plus aria-hidden />} onPress={() => setAsked({ kind: "add" })}>
      {t("add")}
    </Button>
  );
  return (
    <Page title={t("title")} description={t("intro")} actions={add}>
      {!may(READ) ? (
        <NoPermission permission={READ} />
      ) : error && !data ? (
        <ErrorState problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={5} />
        </Loading>
      ) : data.length === 0 ? (
        <EmptyState icon={<LogIn aria-hidden />} title={t("empty")} text={t("emptyText")} action={add} />
      ) : (
        <Card isFlush>
          <Table
            label={t("title")}
            rows={data}
            rowId={({ id }) => id}
            columns={[
              {
                id: "label",
                label: t("columns.label"),
                render: ({ label, issuer }) => (
                  <>
                    <strong>{label}</strong>
                    <div className="soft" dir="ltr">
                      {issuer}
                    </div>
                  </>
                ),
              },
              {
                id: "status",
                label: t("columns.status"),
                render: ({ enabled }) => (
                  <Badge tone={enabled ? "success" : "neutral"}>{t(enabled ? "on" : "off")}</Badge>
                ),
              },
              { id: "domains", label: t("form.domains"), render: ({ domains }) => domains.join(", ") || "–" },
              {
                id: "new",
                label: t("columns.new"),
                render: ({ auto_create: makes, default_role: role }) =>
                  makes ? t("made", { role: role === null ? "–" : roleName(role) }) : t("notMade"),
              },
              {
                id: "callback",
                label: t("columns.callback"),
                render: ({ id, label }) => <CopyButton text={callbackOf(id)} label={t("copyNamed", { name: label })} />,
              },
              {
                id: "actions",
                label: t("columns.actions"),
                isLabelHidden: true,
                align: "end",
                render: (provider) =>
                  (provider.can?.update_identity_provider ?? mayWrite) && (
                    <MenuButton
                      label={t("actionsOf", { name: provider.label })}
                      isIconOnly
                      items={[
                        { id: "test", label: t("test.do"), onAction: () => setAsked({ kind: "test", of: provider }) },
                        { id: "edit", label: t("edit"), onAction: () => setAsked({ kind: "edit", of: provider }) },
                        {
                          id: "delete",
                          label: t("delete.do"),
                          isDanger: true,
                          onAction: () => setAsked({ kind: "delete", of: provider }),
                        },
                      ]}
                    />
                  ),
              },
            ]}
          />
        </Card>
      )}
      {asked?.kind === "test" ? (
        <ProviderTest
          provider={asked.of}
          onEdit={() => setAsked({ kind: "edit", of: asked.of })}
          onClose={() => setAsked(null)}
        />
      ) : (
        asked && <Dialogs asked={asked} onClose={() => setAsked(null)} />
      )}
    </Page>
  );
}

function changed(deleted?: string): void {
  outdate("identity-providers", deleted);
}

function Dialogs({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const { t } = useTranslation("providers");
  const change = (isOpen: boolean) => isOpen || onClose();
  if (asked.kind === "delete") {
    const { id, label } = asked.of;
    return (
      <ConfirmDialog
        title={t("delete.title", { name: label })}
        consequence={t("delete.text")}
        confirmLabel={t("delete.do")}
        isDanger
        isOpen
        onOpenChange={change}
        onConfirm={async () => {
          await deleteIdentityProvider({ path: { provider_id: id }, throwOnError: true });
          toast({ tone: "success", title: t("delete.done", { name: label }) });
          changed(id);
        }}
      />
    );
  }
  if (asked.kind === "edit") return <Edit id={asked.of.id} name={asked.of.label} onOpenChange={change} />;
  return (
    <Dialog title={t("add")} size="lg" isOpen onOpenChange={change}>
      {(close) => <ProviderForm onChanged={changed} onDone={close} />}
    </Dialog>
  );
}

interface EditProps {
  id: string;
  name: string;
  onOpenChange: (isOpen: boolean) => void;
}

/** As it is now, not as the list had it. */
function Edit({ id, name, onOpenChange }: EditProps) {
  const { t } = useTranslation("providers");
  const query = useQuery(providerQuery(id));
  const title = t("form.edit", { name });
  if (!query.data || !query.isFetchedAfterMount)
    return <AwaitedDialog title={title} query={query} onOpenChange={onOpenChange} />;
  const { item, etag } = query.data;
  const read = () => queries.fetchQuery(providerQuery(id));
  return (
    <Dialog title={title} size="lg" isOpen onOpenChange={onOpenChange}>
      {(close) => <ProviderForm known={{ item, etag, read }} onChanged={changed} onDone={close} />}
    </Dialog>
  );
}
