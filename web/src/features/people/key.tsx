// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One key: what it may do where, who answers for it, when it was used. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { ApiKeyItem } from "@/api/types.gen";
import { keyQuery, usePlaceNames } from "@/features/people/api";
import { keyActions, KeyStatusBadge, type KeyAsked } from "@/features/people/key-parts";
import { Matrix } from "@/features/people/matrix";
import { userPath } from "@/features/people/model";
import { Ago, AwaitedPage, Banner, Button, Card, KeyValue, MenuButton, Page, TextLink, useNow, type Fact } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/api-keys/$keyId");
const Dialogs = lazy(() => import("@/features/people/key-dialogs").then((file) => ({ default: file.KeyDialogs })));
const READ = "account:api_key:read";

export function KeyPage() {
  const { t } = useTranslation("keys");
  const { keyId } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...keyQuery(keyId), enabled: may(READ) });
  if (query.data) return <One of={query.data} />;
  return (
    <AwaitedPage title={t("one.title")} list={{ label: t("title"), to: "/api-keys" }} permission={READ} query={query} />
  );
}

function One({ of: key }: { of: ApiKeyItem }) {
  const { t } = useTranslation("keys");
  const format = useFormat();
  const now = useNow();
  const may = useMay();
  const [asked, setAsked] = useState<KeyAsked | null>(null);
  const actions = keyActions(key, { t, mayWrite: may("account:api_key:write"), onAsk: setAsked });
  const rotate = actions.find(({ id }) => id === "rotate");
  // a key may do nothing that is not named here, so these are all there is to show
  const permissions = useMemo(() => key.permissions.map((name) => ({ name, place_bound: false })), [key]);
  const chosen = useMemo(() => new Set(key.permissions), [key]);
  return (
    <Page
      title={key.name}
      status={<KeyStatusBadge status={key.status} />}
      breadcrumbs={[{ label: t("title"), to: "/api-keys" }, { label: key.name }]}
      actions={
        rotate && (
          <>
            <Button icon={<RefreshCw aria-hidden />} onPress={() => rotate.onAction?.()}>
              {t("actions.rotate")}
            </Button>
            <MenuButton
              label={t("more")}
              isIconOnly
              variant="secondary"
              items={actions.filter((each) => each !== rotate)}
            />
          </>
        )
      }
    >
      {key.status === "suspended" && (
        <Banner tone="warning" live="off" title={t("suspended.title")}>
          {t("suspended.text")}
        </Banner>
      )}
      {key.previous_until !== null && Date.parse(key.previous_until) > now && (
        <Banner live="off" title={t("overlap", { time: format.dateTime(key.previous_until) })} />
      )}
      <Facts of={key} />
      <Card title={t("form.permissions")} description={t("one.permissionsText")}>
        <Matrix all={permissions} chosen={chosen} />
      </Card>
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

function Facts({ of: key }: { of: ApiKeyItem }) {
  const { t } = useTranslation("keys");
  const format = useFormat();
  const may = useMay();
  const place = usePlaceNames();
  const { maker_id: maker, created_by: by, last_used_at: used, last_used_address: from, expires_at: end } = key;
  // which of both a place is, the key does not say; names of both kinds are known by id
  const nameOf = (id: string) => {
    const site = place(`site:${id}`);
    return site === id.slice(0, 8) ? place(`group:${id}`) : site;
  };
  const facts: Fact[] = [
    { label: t("columns.prefix"), value: <span className="mono">{key.prefix}…</span> },
    {
      label: t("columns.maker"),
      value: maker && may("account:user:read") ? <TextLink to={userPath(maker)}>{by}</TextLink> : by,
    },
    { label: t("form.places"), value: key.places === null ? t("everywhere") : key.places.map(nameOf).join(", ") },
    {
      label: t("columns.lastUsed"),
      value:
        used === null ? (
          t("never")
        ) : (
          <>
            <Ago at={used} /> {from && <span dir="ltr">({from})</span>}
          </>
        ),
    },
    { label: t("columns.expires"), value: end === null ? t("never") : format.exact(end) },
    { label: t("columns.created"), value: format.dateTime(key.created_at) },
    ...(key.revoked_at === null ? [] : [{ label: t("columns.revoked"), value: format.dateTime(key.revoked_at) }]),
  ];
  return (
    <Card title={t("one.facts")}>
      <KeyValue items={facts} />
    </Card>
  );
}
