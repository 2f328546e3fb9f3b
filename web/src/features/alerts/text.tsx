// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The text of one kind of message in one language. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { NotificationKind } from "@/api/types.gen";
import { useMay } from "@/lib/me";
import { DropText } from "@/features/alerts/text-drop";
import { TextEditor } from "@/features/alerts/text-editor";
import type { Text } from "@/features/alerts/text-model";
import { TextState, useTextNames } from "@/features/alerts/text-parts";
import { messageKindsQuery, textQuery } from "@/features/alerts/texts-api";
import { Button, EmptyState, ErrorState, LinkButton, Loading, NoPermission, Page, Skeleton, type Crumb } from "@/kit";
import type { Edited } from "@/lib/edited";

const route = getRouteApi("/signed-in/alerts/texts/$kind");
const READ = "notification:channel:read";
const LIST = "/alerts/rules?tab=texts";

function useCrumbs(last: string): Crumb[] {
  const { t: alerts } = useTranslation("alerts");
  const { t: rules } = useTranslation("alert-rules");
  return [
    { label: alerts("title"), to: "/alerts" },
    { label: rules("title"), to: "/alerts/rules" },
    { label: rules("tabs.texts"), to: LIST },
    { label: last },
  ];
}

export function TextPage() {
  const { t } = useTranslation("texts");
  const { kind } = route.useParams();
  const { language = "en" } = route.useSearch();
  const may = useMay();
  const crumbs = useCrumbs(t("one"));
  const kinds = useQuery({ ...messageKindsQuery, enabled: may(READ) });
  const text = useQuery({ ...textQuery(kind, language), enabled: may(READ) });
  const known = kinds.data?.find((each) => each.kind === kind);
  if (known && text.data) return <One kind={known} text={text.data} />;
  const failed = [kinds, text].find(({ error, data }) => error && !data);
  return (
    <Page title={t("one")} breadcrumbs={crumbs}>
      {!may(READ) ? (
        <NoPermission permission={READ} />
      ) : failed ? (
        <ErrorState problem={failed.error} onRetry={() => void Promise.all([kinds.refetch(), text.refetch()])} />
      ) : kinds.data && !known ? (
        <EmptyState
          title={t("state.unused")}
          text={t("unusedText")}
          action={<LinkButton to={LIST}>{t("title")}</LinkButton>}
        />
      ) : (
        <Loading>
          <Skeleton variant="block" height="18rem" />
        </Loading>
      )}
    </Page>
  );
}

function One({ kind, text }: { kind: NotificationKind; text: Edited<Text> }) {
  const { t } = useTranslation("texts");
  const mayWrite = useMay()("notification:channel:write");
  const name = useTextNames().name(text.item);
  const crumbs = useCrumbs(name);
  const [isAsking, setAsking] = useState(false);
  const [dropped, setDropped] = useState(0);
  const state = text.item.own ? "changed" : "delivered";
  return (
    <Page
      title={name}
      status={<TextState state={state} />}
      description={t(`about.${kind.kind}`, { defaultValue: kind.description })}
      breadcrumbs={crumbs}
      actions={
        mayWrite &&
        text.item.own && (
          <Button icon={<RotateCcw aria-hidden />} onPress={() => setAsking(true)}>
            {t("reset.do")}
          </Button>
        )
      }
    >
      <TextEditor key={`${kind.kind} ${text.item.language} ${dropped}`} kind={kind} loaded={text} mayWrite={mayWrite} />
      {isAsking && (
        <DropText
          text={{ ...text.item, state }}
          onClose={() => setAsking(false)}
          onDropped={() => setDropped((count) => count + 1)}
        />
      )}
    </Page>
  );
}
