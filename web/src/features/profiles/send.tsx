// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A profile goes to chargers, and what each of them answers. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { assignChargingProfile, getCommand } from "@/api/sdk.gen";
import type { CommandItem } from "@/api/types.gen";
import { profilesChanged } from "@/features/profiles/api";
import type { Item } from "@/features/profiles/model";
import {
  Badge,
  Button,
  DialogActions,
  Form,
  MultiSelect,
  NumberField,
  Panel,
  ProgressBar,
  Table,
  TextLink,
} from "@/kit";
import { findChargers } from "@/lib/chargers";
import { useFormat } from "@/lib/format";

const MOST = 500;
const POLL_MS = 1_500;

export function SendProfile({ item, onDone }: { item: Item; onDone: () => void }) {
  const { t } = useTranslation("profiles");
  const [chargers, setChargers] = useState<string[]>([]);
  const [evse, setEvse] = useState<number | null>(0);
  const [shows, setShows] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [sent, setSent] = useState<CommandItem[] | null>(null);
  if (sent) return <Answers first={sent} onDone={onDone} />;
  const isTooMany = chargers.length > MOST;
  const submit = async () => {
    setShows(true);
    if (!chargers.length || isTooMany) return;
    setPending(true);
    setProblem(null);
    try {
      const body = { charger_ids: chargers, evse_id: evse ?? 0 };
      const { data } = await assignChargingProfile({ path: { profile_id: item.id }, body, throwOnError: true });
      setSent(data.commands);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  const error = isTooMany
    ? t("send.tooMany", { number: MOST })
    : shows && !chargers.length
      ? t("send.nobody")
      : undefined;
  return (
    <Form onSubmit={submit} problem={problem} names={{}} autoComplete="off">
      <MultiSelect
        label={t("send.chargers")}
        load={findChargers}
        selected={chargers}
        onChange={(ids) => setChargers(ids)}
        error={error}
      />
      <NumberField
        label={t("given.evse")}
        description={t("send.evseText")}
        value={evse}
        onChange={setEvse}
        minValue={0}
        maxValue={32_767}
        formatOptions={{ maximumFractionDigits: 0 }}
      />
      <DialogActions>
        <Button onPress={onDone}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("send.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function Answers({ first, onDone }: { first: CommandItem[]; onDone: () => void }) {
  const { t } = useTranslation("profiles");
  const format = useFormat();
  const { data: commands } = useQuery({
    queryKey: ["profile-sent", first[0]?.id],
    queryFn: async ({ client, queryKey }): Promise<CommandItem[]> => {
      const known = client.getQueryData<CommandItem[]>(queryKey) ?? first;
      const next = await Promise.all(
        known.map(async (each) => {
          if (each.status !== "pending") return each;
          const path = { charger_id: each.charger_id, command_id: each.id };
          return (await getCommand({ path, throwOnError: true })).data;
        }),
      );
      if (next.every(({ status }) => status !== "pending")) profilesChanged();
      return next;
    },
    initialData: first,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => status === "pending") ? POLL_MS : false),
  });
  const done = commands.filter(({ status }) => status !== "pending").length;
  const total = commands.length;
  return (
    <Panel>
      <ProgressBar
        label={t("send.progress")}
        value={done}
        max={total}
        valueText={t("send.of", { number: format.number(done), total: format.number(total) })}
        tone={done < total ? "accent" : "success"}
      />
      <Table
        label={t("send.progress")}
        rows={commands}
        rowId={({ id }) => id}
        columns={[
          {
            id: "charger",
            label: t("given.charger"),
            sortValue: ({ charger_id: id }) => id,
            render: ({ charger_id: id }) => <TextLink to={`/chargers/${encodeURIComponent(id)}`}>{id}</TextLink>,
          },
          { id: "answer", label: t("send.answer"), render: (command) => <Answer command={command} /> },
        ]}
      />
      <DialogActions>
        <Button variant="primary" onPress={onDone}>
          {t("form.close")}
        </Button>
      </DialogActions>
    </Panel>
  );
}

export function Answer({ command: { status, reason } }: { command: Pick<CommandItem, "status" | "reason"> }) {
  const { t } = useTranslation("profiles");
  return (
    <>
      <Badge tone={status === "accepted" ? "success" : status === "pending" ? "info" : "danger"}>
        {t(`answer.${status}`)}
      </Badge>{" "}
      {status !== "accepted" && reason}
    </>
  );
}
