// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The kinds of messages in each language: in which words they are written. */
import { useQuery } from "@tanstack/react-query";
import { MessageSquareText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "@/lib/me";
import { channelsQuery } from "@/features/alerts/rules-api";
import { DropText } from "@/features/alerts/text-drop";
import { rowsOf, type TextRow } from "@/features/alerts/text-model";
import { TextState, useTextNames } from "@/features/alerts/text-parts";
import { messageKindsQuery, ownTextsQuery, textPath } from "@/features/alerts/texts-api";
import {
  Card,
  EmptyState,
  ErrorState,
  Loading,
  MenuButton,
  Skeleton,
  Table,
  TextLink,
  type TableColumn,
  Panel,
} from "@/kit";
import { LANGUAGES } from "@/lib/appearance";
import { useFormat } from "@/lib/format";

export function TextsList() {
  const { t } = useTranslation("texts");
  const kinds = useQuery(messageKindsQuery);
  const own = useQuery(ownTextsQuery);
  const channels = useQuery(channelsQuery);
  const [dropped, setDropped] = useState<TextRow | null>(null);
  const all = [kinds, own, channels];
  const failed = all.find(({ error, data }) => error && !data);
  if (failed)
    return (
      <ErrorState
        problem={failed.error}
        onRetry={() => all.forEach(({ error, refetch }) => void (error && refetch()))}
      />
    );
  if (!kinds.data || !own.data || !channels.data)
    return (
      <Loading>
        <Skeleton lines={8} />
      </Loading>
    );
  if (!kinds.data.length)
    return <EmptyState icon={<MessageSquareText aria-hidden />} title={t("none")} text={t("noneText")} />;
  const rows = rowsOf(kinds.data, own.data, channels.data, Object.keys(LANGUAGES));
  return (
    <Panel>
      <p className="soft">{t("intro")}</p>
      <Card isFlush>
        <TextsTable rows={rows} onDrop={setDropped} />
      </Card>
      {dropped && <DropText text={dropped} onClose={() => setDropped(null)} />}
    </Panel>
  );
}

function TextsTable({ rows, onDrop }: { rows: readonly TextRow[]; onDrop: (row: TextRow) => void }) {
  const { t } = useTranslation("texts");
  const { t: rules } = useTranslation("alert-rules");
  const format = useFormat();
  const names = useTextNames();
  const mayWrite = useMay()("notification:channel:write");
  const columns: TableColumn<TextRow>[] = [
    {
      id: "kind",
      label: t("columns.kind"),
      render: ({ kind, language, state }) =>
        state === "unused" ? (
          <>
            <span className="mono">{kind}</span>
            <div className="soft">{t("unusedText")}</div>
          </>
        ) : (
          <TextLink to={textPath(kind, language)} aria-label={names.name({ kind, language })}>
            {names.kind(kind)}
          </TextLink>
        ),
    },
    { id: "language", label: rules("columns.language"), render: ({ language }) => names.language(language) },
    { id: "state", label: t("columns.state"), render: ({ state }) => <TextState state={state} /> },
    {
      id: "channels",
      label: t("columns.channels"),
      align: "end",
      render: ({ channels }) => (channels ? format.number(channels) : "–"),
    },
    {
      id: "changed",
      label: t("columns.changed"),
      render: ({ changedAt }) => (changedAt ? format.dateTime(changedAt) : "–"),
    },
  ];
  if (mayWrite && rows.some(({ state }) => state !== "delivered"))
    columns.push({
      id: "actions",
      label: t("columns.actions"),
      isLabelHidden: true,
      align: "end",
      render: (row) =>
        row.state !== "delivered" && (
          <MenuButton
            label={t("actionsOf", { name: names.name(row) })}
            isIconOnly
            items={[
              {
                id: "drop",
                label: t(row.state === "unused" ? "reset.delete" : "reset.do"),
                isDanger: true,
                onAction: () => onDrop(row),
              },
            ]}
          />
        ),
    });
  return (
    <Table label={t("title")} rows={rows} rowId={({ kind, language }) => `${kind} ${language}`} columns={columns} />
  );
}
