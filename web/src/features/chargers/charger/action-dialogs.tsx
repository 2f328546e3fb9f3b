// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The questions before the usual commands. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { listTokens } from "@/api/sdk.gen";
import type { Charger, ChargerConnector, Transaction } from "@/api/types.gen";
import type { ActionKind } from "@/features/chargers/charger/actions";
import { send, type CommandBody } from "@/features/chargers/charger/issued";
import { chargerName, familyOf, statusOf } from "@/features/chargers/model";
import { useStatusText } from "@/features/chargers/status";
import { Checkbox, ComboBox, ConfirmDialog, RadioGroup, Select, TextField, type Option } from "@/kit";
import { useFormat } from "@/lib/format";

export interface ActionDialogProps {
  charger: Charger;
  sessions: readonly Transaction[];
  onClose: () => void;
}

export function ActionDialog({ kind, ...props }: ActionDialogProps & { kind: ActionKind }) {
  switch (kind) {
    case "start":
      return <Start {...props} />;
    case "stop":
      return <Stop {...props} />;
    case "unlock":
      return <Unlock {...props} />;
    case "reset":
      return <Reset {...props} />;
    case "availability":
      return <Availability {...props} />;
  }
}

interface QuestionProps {
  kind: ActionKind;
  charger: Charger;
  isDanger?: boolean;
  /** Undefined: something is still missing. */
  body: CommandBody | undefined;
  queue?: number;
  onClose: () => void;
  children?: React.ReactNode;
}

function Question({ kind, charger, isDanger, body, queue, onClose, children }: QuestionProps) {
  const { t } = useTranslation("chargers");
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t(`actions.${kind}.title`, { name: chargerName(charger) })}
      consequence={<p>{t(`actions.${kind}.text`)}</p>}
      confirmLabel={t(`actions.${kind}.confirm`)}
      isDanger={isDanger}
      isIncomplete={body === undefined}
      onConfirm={async () => body && send(charger.id, body, { queue })}
    >
      {children}
    </ConfirmDialog>
  );
}

/** In OCPP 2.x a connector is one of an EVSE; where each has one only, the EVSE's number is what people know. */
export function connectorKey({ evse_id, connector_id }: Pick<ChargerConnector, "evse_id" | "connector_id">): string {
  return `${evse_id}.${connector_id}`;
}

export function useConnectorName(
  connectors: readonly ChargerConnector[],
): (connector: Pick<ChargerConnector, "evse_id" | "connector_id">) => string {
  const { t } = useTranslation("chargers");
  const isNested = new Set(connectors.map(({ evse_id }) => evse_id)).size < connectors.length;
  return ({ evse_id, connector_id }) =>
    isNested
      ? t("connectors.nested", { evse: evse_id, connector: connector_id })
      : t("connectors.name", { number: evse_id || connector_id });
}

function useConnectors(charger: Charger): Option[] {
  const nameOf = useConnectorName(charger.connectors);
  const text = useStatusText();
  return charger.connectors.map((each) => ({
    id: connectorKey(each),
    label: nameOf(each),
    description: text(statusOf(each)),
  }));
}

/** What the API takes for a connector: the EVSE beside it where there are any. */
function placeOf(charger: Charger, key: string | null): { connector_id: number; evse_id?: number } | null {
  const found = charger.connectors.find((each) => connectorKey(each) === key);
  if (!found) return null;
  const { connector_id, evse_id } = found;
  return charger.protocol === "ocpp1.6" || charger.protocol === null ? { connector_id } : { connector_id, evse_id };
}

async function findTags(q: string, signal: AbortSignal): Promise<Option[]> {
  const query = { limit: 20, ...(q && { q }) };
  const { data } = await listTokens({ query, signal, throwOnError: true });
  return data.items.map((each) => ({
    id: each.value,
    label: each.value,
    description: each.note ?? each.group ?? undefined,
  }));
}

function Start({ charger, onClose }: ActionDialogProps) {
  const { t } = useTranslation("chargers");
  const options = useConnectors(charger);
  const free = charger.connectors.find(({ state }) => familyOf(state) === "available") ?? charger.connectors[0];
  const [connector, setConnector] = useState(free ? connectorKey(free) : null);
  const [token, setToken] = useState<Option | null>(null);
  const [typed, setTyped] = useState("");
  const value = token?.id ?? typed.trim();
  const place = placeOf(charger, connector);
  const body: CommandBody | undefined = value ? { type: "start_transaction", token: value, ...place } : undefined;
  return (
    <Question kind="start" charger={charger} body={body} onClose={onClose}>
      {options.length > 0 && (
        <Select label={t("connectors.one")} options={options} selected={connector} onChange={setConnector} />
      )}
      <ComboBox
        label={t("actions.start.tag")}
        load={findTags}
        selected={token}
        onChange={(_id, option) => setToken(option)}
      />
      {!token && (
        <TextField label={t("actions.start.other")} value={typed} onChange={setTyped} isMono autoComplete="off" />
      )}
    </Question>
  );
}

function Stop({ charger, sessions, onClose }: ActionDialogProps) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const nameOf = useConnectorName(charger.connectors);
  const [session, setSession] = useState(sessions[0]?.id ?? null);
  const options = sessions.map((each) => ({
    id: each.id,
    label: nameOf(each),
    description: [each.id_tag, each.energy_wh !== null && format.energy(each.energy_wh)].filter(Boolean).join(" · "),
  }));
  const body: CommandBody | undefined =
    session === null ? undefined : { type: "stop_transaction", transaction_id: session };
  return (
    <Question kind="stop" charger={charger} isDanger body={body} onClose={onClose}>
      <RadioGroup label={t("actions.stop.which")} options={options} selected={session} onChange={setSession} />
    </Question>
  );
}

function Unlock({ charger, onClose }: ActionDialogProps) {
  const { t } = useTranslation("chargers");
  const options = useConnectors(charger);
  const [connector, setConnector] = useState(options[0]?.id ?? null);
  const place = placeOf(charger, connector);
  return (
    <Question kind="unlock" charger={charger} body={place ? { type: "unlock", ...place } : undefined} onClose={onClose}>
      <RadioGroup label={t("connectors.one")} options={options} selected={connector} onChange={setConnector} />
    </Question>
  );
}

function Reset({ charger, onClose }: ActionDialogProps) {
  const { t } = useTranslation("chargers");
  const [kind, setKind] = useState<"soft" | "hard">("soft");
  const options = (["soft", "hard"] as const).map((id) => ({
    id,
    label: t(`reset.${id}`),
    description: t(`reset.${id}Text`),
  }));
  return (
    <Question kind="reset" charger={charger} isDanger body={{ type: "reset", kind }} onClose={onClose}>
      <RadioGroup label={t("reset.kind")} options={options} selected={kind} onChange={setKind} />
    </Question>
  );
}

const WHOLE = "whole";
const DAY_S = 86_400;

function Availability({ charger, onClose }: ActionDialogProps) {
  const { t } = useTranslation("chargers");
  const connectors = useConnectors(charger);
  const isOut = familyOf(charger.status) === "unavailable";
  const [target, setTarget] = useState<"out" | "in">(isOut ? "in" : "out");
  const [place, setPlace] = useState<string>(WHOLE);
  const [waits, setWaits] = useState(!charger.online);
  const options = (["out", "in"] as const).map((id) => ({
    id,
    label: t(`availability.${id}`),
    description: t(`availability.${id}Text`),
  }));
  const places = [{ id: WHOLE, label: t("connectors.whole") }, ...connectors];
  const body: CommandBody = { type: "change_availability", operative: target === "in", ...placeOf(charger, place) };
  return (
    <Question
      kind="availability"
      charger={charger}
      isDanger={target === "out"}
      body={charger.online || waits ? body : undefined}
      queue={waits ? DAY_S : 0}
      onClose={onClose}
    >
      <RadioGroup label={t("availability.label")} options={options} selected={target} onChange={setTarget} />
      <Select label={t("availability.where")} options={places} selected={place} onChange={setPlace} />
      {!charger.online && (
        <Checkbox isSelected={waits} onChange={setWaits} description={t("bulk.waitsText")}>
          {t("actions.waits")}
        </Checkbox>
      )}
    </Question>
  );
}
