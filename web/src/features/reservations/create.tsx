// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Keep a charger, or one of its connectors, for a tag: now, and until a time. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { getCharger, listReservations, listTokens } from "@/api/sdk.gen";
import type { Charger, CommandItem } from "@/api/types.gen";
import { refusalOf } from "@/features/reservations/asking";
import styles from "@/features/reservations/reservations.module.css";
import {
  Banner,
  Button,
  ComboBox,
  DatePicker,
  Dialog,
  DialogActions,
  Form,
  Select,
  TextField,
  toast,
  type Option,
} from "@/kit";
import { ask, findChargers } from "@/lib/chargers";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const FEW = 20;
const HOUR_MS = 3_600_000;
const ANY = "any";

export function CreateReservation({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("reservations");
  return (
    <Dialog
      title={t("create.title")}
      description={t("create.text")}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {(close) => <CreateForm onDone={close} />}
    </Dialog>
  );
}

async function findTags(query: string, signal: AbortSignal): Promise<Option[]> {
  const asked = { q: query || undefined, limit: FEW, status: ["accepted"] };
  const { data } = await listTokens({ query: asked, signal, throwOnError: true });
  return data.items.map(({ id, value, group }) => ({ id, label: value, description: group ?? undefined }));
}

function useCharger(id: string | undefined) {
  return useQuery({
    queryKey: ["reservations", "charger", id],
    queryFn: async ({ signal }) =>
      (await getCharger({ path: { charger_id: id ?? "" }, signal, throwOnError: true })).data,
    enabled: id !== undefined,
  }).data;
}

function CreateForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("reservations");
  const may = useMay();
  const seesTags = may("token:token:read");
  const [charger, setCharger] = useState<Option | null>(null);
  const [evse, setEvse] = useState<string>(ANY);
  const [tag, setTag] = useState<Option | null>(null);
  const [typed, setTyped] = useState("");
  const [until, setUntil] = useState<string | null>(() => new Date(Date.now() + HOUR_MS).toISOString());
  const [earliest] = useState(() => new Date().toISOString());
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [refused, setRefused] = useState<CommandItem | null>(null);
  const known = useCharger(charger?.id);
  const gone = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    gone.current = controller;
    return () => controller.abort();
  }, []);
  const token = seesTags ? (tag?.label ?? "") : typed.trim();
  const submit = async () => {
    if (!charger || !token || !until) return;
    setPending(true);
    setProblem(null);
    setRefused(null);
    try {
      const place = evse === ANY ? {} : { evse_id: Number(evse) };
      const body = { type: "reserve_now" as const, token, expires_at: until, ...place };
      const answer = await ask(charger.id, body, gone.current.signal);
      await queries.invalidateQueries({ queryKey: ["reservations"] });
      if (answer.status === "accepted") {
        toast({ tone: "success", title: t("create.done", { charger: charger.label, token }) });
        onDone();
      } else setRefused(answer);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      onSubmit={submit}
      problem={problem}
      names={{ token: t("columns.tag"), expires_at: t("columns.until"), evse_id: t("columns.connector") }}
      autoComplete="off"
    >
      <ComboBox
        label={t("columns.charger")}
        load={findChargers}
        selected={charger}
        onChange={(_, option) => {
          setCharger(option);
          setEvse(ANY);
        }}
        isRequired
      />
      <Place charger={known} selected={evse} onChange={setEvse} />
      {seesTags ? (
        <ComboBox
          label={t("columns.tag")}
          load={findTags}
          selected={tag}
          onChange={(_, option) => setTag(option)}
          isRequired
        />
      ) : (
        <TextField label={t("columns.tag")} value={typed} onChange={setTyped} maxLength={36} isMono isRequired />
      )}
      <DatePicker
        label={t("columns.until")}
        granularity="minute"
        value={until}
        onChange={setUntil}
        min={earliest}
        description={t("create.untilText")}
        isRequired
      />
      {charger && <Conflicts charger={charger.id} known={known} evse={evse} />}
      {refused && <Refused answer={refused} />}
      <DialogActions>
        <Button onPress={onDone}>{t("create.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending} isDisabled={!charger || !token || !until}>
          {t("create.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface PlaceProps {
  charger: Charger | undefined;
  selected: string;
  onChange: (id: string) => void;
}

function Place({ charger, selected, onChange }: PlaceProps) {
  const { t } = useTranslation("reservations");
  const options = useMemo(() => {
    const places = [...new Set((charger?.connectors ?? []).map(({ evse_id: evse }) => evse))].filter(
      (evse) => evse > 0,
    );
    const named = places.map((evse) => {
      const states = (charger?.connectors ?? []).filter((each) => each.evse_id === evse).map(({ status }) => status);
      return { id: String(evse), label: t("place", { evse }), description: states.join(", ") };
    });
    return [{ id: ANY, label: t("create.any") }, ...named];
  }, [charger, t]);
  return (
    <Select
      label={t("columns.connector")}
      options={options}
      selected={selected}
      onChange={onChange}
      isDisabled={!charger}
    />
  );
}

/** What speaks against it before anybody asks; the charger has the last word. */
function Conflicts({ charger, known, evse }: { charger: string; known: Charger | undefined; evse: string }) {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const { data } = useQuery({
    queryKey: ["reservations", "conflicts", charger],
    queryFn: async ({ signal }) => {
      const query = { charger_id: [charger], status: ["active" as const], limit: FEW };
      return (await listReservations({ query, signal, throwOnError: true })).data.items;
    },
  });
  const isSame = (other: number | null) => evse === ANY || other === null || String(other) === evse;
  const reserved = (data ?? []).filter((each) => isSame(each.evse_id));
  const busy = (known?.connectors ?? []).filter(
    ({ evse_id: place, state }) =>
      place > 0 && evse !== ANY && String(place) === evse && state !== "available" && state !== "reserved",
  );
  const words = [
    known && !known.online && t("conflicts.offline"),
    ...busy.map(({ evse_id: place, status }) => t("conflicts.busy", { place: t("place", { evse: place }), status })),
    ...reserved.map(({ evse_id: place, token, group, expires_at: end }) =>
      t("conflicts.reserved", {
        place: place === null ? t("create.any") : t("place", { evse: place }),
        who: token ?? group ?? "–",
        until: end === null ? "–" : format.dateTime(end),
      }),
    ),
  ].filter((each) => typeof each === "string");
  if (!words.length) return null;
  return (
    <Banner tone="warning" title={t("conflicts.title")}>
      <ul className={styles.list}>
        {words.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </Banner>
  );
}

function Refused({ answer }: { answer: CommandItem }) {
  const { t } = useTranslation("reservations");
  const format = useFormat();
  const { reason, finished_at: at } = answer;
  return (
    <Banner tone="danger" title={t("refused.title", { time: at == null ? "–" : format.time(at) })}>
      <p>{t(`refused.${refusalOf(answer)}`)}</p>
      {reason && <p className="soft">{t("refused.said", { reason })}</p>}
    </Banner>
  );
}
