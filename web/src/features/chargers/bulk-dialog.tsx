// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The question before something is done to many, and what has to be said for it. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { createBulkCommand, createChargerChange } from "@/api/sdk.gen";
import type { BulkCreate } from "@/api/types.gen";
import type { BulkKind } from "@/features/chargers/bulk-actions";
import { filtersOf, type ChargerFilter, type ChargersSearch } from "@/features/chargers/filters";
import { useSites } from "@/features/chargers/sites";
import { Checkbox, ConfirmDialog, ProblemBanner, RadioGroup, Select, Skeleton, toast, type GridSelection } from "@/kit";
import { useFormat } from "@/lib/format";
import { newKey } from "@/lib/keys";

const TYPED_FROM = 20;
const WAITS_S = 86_400;

interface BulkDialogProps {
  kind: BulkKind;
  selection: GridSelection;
  total: number;
  search: ChargersSearch;
  onClose: () => void;
  onDone: () => void;
}

type Command = BulkCreate["command"];

/** How many there really are: the list only knows what the database expects. */
function useCount(filters: ChargerFilter[], selection: GridSelection) {
  return useQuery({
    queryKey: ["chargers", "bulk", "count", filters],
    queryFn: async ({ signal }): Promise<number> => {
      if (!selection.isAll) return selection.ids.size;
      let count = 0;
      for (const filter of filters) {
        const body = { filter, command: { type: "trigger_message", message: "heartbeat" }, dry_run: true } as const;
        const { data } = await createBulkCommand({ body, signal, throwOnError: true });
        count += "total" in data ? data.total : 0;
      }
      return count;
    },
    staleTime: 0,
  });
}

export function BulkDialog(props: BulkDialogProps) {
  const { kind, selection, search } = props;
  const filters = filtersOf(selection.ids, selection.isAll, search);
  const counted = useCount(filters, selection);
  const inner = { ...props, filters, count: counted.data ?? null, problem: counted.error };
  switch (kind) {
    case "reset":
      return <ResetMany {...inner} />;
    case "availability":
      return <AvailabilityMany {...inner} />;
    case "trigger":
      return <TriggerMany {...inner} />;
    case "site":
      return <SiteMany {...inner} />;
  }
}

interface Inner extends BulkDialogProps {
  filters: ChargerFilter[];
  count: number | null;
  problem: unknown;
}

interface QuestionProps extends Inner {
  text: ReactNode;
  isDanger?: boolean;
  isIncomplete?: boolean;
  /** Where it can be followed; nothing where there is no job. */
  onConfirm: () => Promise<string | null>;
  children?: ReactNode;
}

function Question({
  kind,
  count,
  problem,
  text,
  isDanger,
  isIncomplete,
  onConfirm,
  onClose,
  onDone,
  children,
}: QuestionProps) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const number = count === null ? "" : format.number(count);
  const confirm = async () => {
    const place = await onConfirm();
    onDone();
    toast({
      tone: "success",
      title: t("bulk.begun", { count: count ?? 0, number }),
      action: place ? { label: t("bulk.follow"), to: place } : undefined,
    });
  };
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t(`bulk.${kind}.title`, { count: count ?? 0, number })}
      consequence={
        problem ? <ProblemBanner problem={problem} /> : count === null ? <Skeleton lines={2} /> : <p>{text}</p>
      }
      confirmLabel={t(`bulk.${kind}.confirm`)}
      isDanger={isDanger}
      isIncomplete={count === null || isIncomplete}
      typed={count !== null && count >= TYPED_FROM ? String(count) : undefined}
      onConfirm={confirm}
    >
      {children}
    </ConfirmDialog>
  );
}

/** One bulk command for each part: the API takes so many identities at a time. The answer is where to follow them. */
async function sendMany(filters: ChargerFilter[], command: Command, waits: boolean): Promise<string> {
  const ids: string[] = [];
  for (const filter of filters) {
    const body = { filter, command, queue_s: waits ? WAITS_S : 0 };
    const headers = { "Idempotency-Key": newKey() };
    const { data } = await createBulkCommand({ body, headers, throwOnError: true });
    if ("id" in data) ids.push(data.id);
  }
  return ids.length === 1 ? `/jobs/${ids[0]}` : "/jobs";
}

function Waits({ value, onChange }: { value: boolean; onChange: (value: boolean) => void }) {
  const { t } = useTranslation("chargers");
  return (
    <Checkbox isSelected={value} onChange={onChange} description={t("bulk.waitsText")}>
      {t("bulk.waits")}
    </Checkbox>
  );
}

function ResetMany(props: Inner) {
  const { t } = useTranslation("chargers");
  const [kind, setKind] = useState<"soft" | "hard">("soft");
  const options = (["soft", "hard"] as const).map((id) => ({
    id,
    label: t(`reset.${id}`),
    description: t(`reset.${id}Text`),
  }));
  return (
    <Question
      {...props}
      isDanger
      text={t("bulk.reset.text")}
      onConfirm={() => sendMany(props.filters, { type: "reset", kind }, false)}
    >
      <RadioGroup label={t("reset.kind")} options={options} selected={kind} onChange={setKind} />
    </Question>
  );
}

function AvailabilityMany(props: Inner) {
  const { t } = useTranslation("chargers");
  const [target, setTarget] = useState<"out" | "in">("out");
  const [waits, setWaits] = useState(false);
  const options = (["out", "in"] as const).map((id) => ({
    id,
    label: t(`availability.${id}`),
    description: t(`availability.${id}Text`),
  }));
  const send = () => sendMany(props.filters, { type: "change_availability", operative: target === "in" }, waits);
  return (
    <Question {...props} isDanger={target === "out"} text={t("bulk.availability.text")} onConfirm={send}>
      <RadioGroup label={t("availability.label")} options={options} selected={target} onChange={setTarget} />
      <Waits value={waits} onChange={setWaits} />
    </Question>
  );
}

const MESSAGES = [
  "status_notification",
  "meter_values",
  "heartbeat",
  "boot_notification",
  "firmware_status_notification",
  "diagnostics_status_notification",
  "log_status_notification",
  "transaction_event",
] as const;
type MessageKind = (typeof MESSAGES)[number];

function TriggerMany(props: Inner) {
  const { t } = useTranslation("chargers");
  const [message, setMessage] = useState<MessageKind>("status_notification");
  const options = MESSAGES.map((id) => ({ id, label: t(`messages.trigger.${id}`) }));
  return (
    <Question
      {...props}
      text={t("bulk.trigger.text")}
      onConfirm={() => sendMany(props.filters, { type: "trigger_message", message }, false)}
    >
      <Select label={t("bulk.trigger.message")} options={options} selected={message} onChange={setMessage} />
    </Question>
  );
}

const NOWHERE = "-";

function SiteMany(props: Inner) {
  const { t } = useTranslation("chargers");
  const { sites } = useSites();
  const [site, setSite] = useState<string | null>(null);
  const { ids, isAll } = props.selection;
  const options = [...sites.map(({ id, name }) => ({ id, label: name })), { id: NOWHERE, label: t("bulk.site.none") }];
  const move = async () => {
    const change = { site_id: site === NOWHERE ? null : site };
    const whom = isAll ? { filter: props.filters[0] } : { ids: [...ids] };
    const { data } = await createChargerChange({ body: { ...whom, change }, throwOnError: true });
    return "id" in data ? `/jobs/${data.id}?of=chargers` : null;
  };
  return (
    <Question {...props} text={t("bulk.site.text")} isIncomplete={site === null} onConfirm={move}>
      <Select label={t("columns.site")} options={options} selected={site} onChange={setSite} />
    </Question>
  );
}
