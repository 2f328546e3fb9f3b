// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How far the commands of a template are, and which of them failed. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { CommandItem } from "@/api/types.gen";
import { readCommands, templatesChanged } from "@/features/templates/api";
import { configurationPath } from "@/features/templates/chargers";
import { progressOf } from "@/features/templates/model";
import styles from "@/features/templates/templates.module.css";
import { Badge, Banner, Card, Panel, ProblemBanner, ProgressBar, Table, TextLink } from "@/kit";
import { useFormat } from "@/lib/format";

const POLL_MS = 2_000;
const SLOW_MS = 10_000;

interface ApplyProgressProps {
  name: string;
  first: CommandItem[];
  actions: ReactNode;
}

export function ApplyProgress({ name, first, actions }: ApplyProgressProps) {
  const { t } = useTranslation("templates");
  const format = useFormat();
  const { data: commands, error } = useQuery({
    queryKey: ["template-progress", first[0]?.id],
    queryFn: async ({ signal, client, queryKey }): Promise<CommandItem[]> => {
      const known = client.getQueryData<CommandItem[]>(queryKey) ?? first;
      const open = known.filter(({ status }) => status === "pending").map(({ id }) => id);
      const told = new Map((await readCommands(open, signal)).map((each) => [each.id, each]));
      const next = known.map((each) => told.get(each.id) ?? each);
      if (next.some(({ id, status }) => status !== "pending" && open.includes(id))) templatesChanged();
      return next;
    },
    initialData: first,
    staleTime: 0,
    refetchInterval: ({ state }) => {
      const open = (state.data ?? first).filter(({ status }) => status === "pending");
      return open.length === 0 ? false : open.every(({ queued }) => queued) ? SLOW_MS : POLL_MS;
    },
  });
  const { total, pending, queued, accepted, failed } = progressOf(commands);
  const bad = commands.filter(({ status }) => status !== "pending" && status !== "accepted");
  const done = total - pending;
  return (
    <Card title={t("progress.title", { name })}>
      <Panel>
        {total === 0 ? (
          <Banner tone="success" live="off" title={t("preview.none")} />
        ) : (
          <ProgressBar
            label={t("progress.label")}
            value={done}
            max={total}
            valueText={t("progress.of", { number: format.number(done), total: format.number(total) })}
            tone={pending === 0 ? (failed ? "danger" : "success") : "accent"}
          />
        )}
        <div className={styles.counts} role="status">
          <Badge tone="success">{t("progress.accepted", { number: format.number(accepted) })}</Badge>
          {failed > 0 && <Badge tone="danger">{t("progress.failed", { number: format.number(failed) })}</Badge>}
          {queued > 0 && <Badge tone="info">{t("progress.queued", { number: format.number(queued) })}</Badge>}
        </div>
        {error && <ProblemBanner problem={error} />}
        {bad.length > 0 && (
          <Table
            label={t("progress.problems")}
            rows={bad}
            rowId={({ id }) => id}
            columns={[
              {
                id: "charger",
                label: t("chargers.charger"),
                sortValue: ({ charger_id: id }) => id,
                render: ({ charger_id: id }) => <TextLink to={configurationPath(id)}>{id}</TextLink>,
              },
              {
                id: "key",
                label: t("form.key"),
                render: ({ body }) => <span className="mono">{String(body.key)}</span>,
              },
              {
                id: "value",
                label: t("preview.new"),
                render: ({ body }) => <span className="mono">{String(body.value)}</span>,
              },
              {
                id: "answer",
                label: t("progress.answer"),
                render: ({ status, reason }) => (
                  <>
                    {t(`progress.status.${status}`, { defaultValue: status })}
                    {reason && `: ${reason}`}
                  </>
                ),
              },
            ]}
          />
        )}
        <p className="soft">{t("progress.text")}</p>
        <div className={styles.actions}>{actions}</div>
      </Panel>
    </Card>
  );
}
