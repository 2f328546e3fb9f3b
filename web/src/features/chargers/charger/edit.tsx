// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How a charger is set up here; what it says of itself is not changed by anybody. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { getCharger, retireCharger, updateCharger } from "@/api/sdk.gen";
import type { Charger, UpdateChargerData } from "@/api/types.gen";
import styles from "@/features/chargers/charger/charger.module.css";
import { chargerQuery, keyOf } from "@/features/chargers/charger/data";
import { chargerName } from "@/features/chargers/model";
import { useSites } from "@/features/chargers/sites";
import {
  Banner,
  Button,
  Checkbox,
  CheckboxGroup,
  ConfirmDialog,
  Dialog,
  Form,
  FormActions,
  NumberField,
  Select,
  Table,
  TextField,
  toast,
} from "@/kit";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";

const NOWHERE = "-";
const PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;

interface Draft {
  name: string;
  site: string;
  registration: Charger["registration"];
  validation: Charger["validation"];
  protocols: string[];
  hasDefault: boolean;
  ping: boolean;
  heartbeat: number | null;
}

function draftOf(charger: Charger): Draft {
  return {
    name: charger.name ?? "",
    site: charger.site_id ?? NOWHERE,
    registration: charger.registration,
    validation: charger.validation,
    protocols: charger.protocols ?? [],
    hasDefault: charger.default_protocol !== null,
    ping: charger.ping,
    heartbeat: charger.heartbeat_interval_s,
  };
}

/** Only what is different: the rest may have been changed by somebody else. */
function changesOf(draft: Draft, before: Draft): UpdateChargerData["body"] {
  const change: UpdateChargerData["body"] = {};
  if (draft.name !== before.name) change.name = draft.name.trim() || null;
  if (draft.site !== before.site) change.site_id = draft.site === NOWHERE ? null : draft.site;
  if (draft.registration !== before.registration) change.registration = draft.registration;
  if (draft.validation !== before.validation) change.validation = draft.validation;
  if (draft.protocols.join() !== before.protocols.join()) {
    change.protocols = draft.protocols.length ? PROTOCOLS.filter((each) => draft.protocols.includes(each)) : null;
  }
  if (draft.hasDefault !== before.hasDefault) change.default_protocol = draft.hasDefault ? "ocpp1.6" : null;
  if (draft.ping !== before.ping) change.ping = draft.ping;
  if (draft.heartbeat !== before.heartbeat) change.heartbeat_interval_s = draft.heartbeat;
  return change;
}

export function EditDialog({ charger, etag, onClose }: { charger: Charger; etag: string | null; onClose: () => void }) {
  const { t } = useTranslation("chargers");
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t("edit.title", { name: chargerName(charger) })}
    >
      <EditForm charger={charger} etag={etag} onClose={onClose} />
    </Dialog>
  );
}

function EditForm({ charger, etag: first, onClose }: { charger: Charger; etag: string | null; onClose: () => void }) {
  const { t } = useTranslation("chargers");
  const { sites } = useSites();
  const [before, setBefore] = useState(() => draftOf(charger));
  const [etag, setEtag] = useState(first);
  const [draft, setDraft] = useState(before);
  const [theirs, setTheirs] = useState<Draft | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isSaving, setSaving] = useState(false);
  const set =
    <Key extends keyof Draft>(key: Key) =>
    (value: Draft[Key]) =>
      setDraft((now) => ({ ...now, [key]: value }));
  const save = async () => {
    const body = changesOf(draft, before);
    if (!Object.keys(body).length) return onClose();
    setSaving(true);
    setProblem(null);
    try {
      const path = { charger_id: charger.id };
      const headers = etag ? { "if-match": etag } : {};
      const { data, response } = await updateCharger({ path, body, headers, throwOnError: true });
      queries.setQueryData(chargerQuery(charger.id).queryKey, { charger: data, etag: response.headers.get("etag") });
      void queries.invalidateQueries({ queryKey: keyOf(charger.id) });
      toast({ tone: "success", title: t("edit.saved") });
      onClose();
    } catch (error) {
      if (problemOf(error).status === 412) {
        const { data, response } = await getCharger({ path: { charger_id: charger.id }, throwOnError: true });
        setTheirs(draftOf(data));
        setEtag(response.headers.get("etag"));
      } else setProblem(error);
    } finally {
      setSaving(false);
    }
  };
  const takeTheirs = () => {
    if (!theirs) return;
    setBefore(theirs);
    setDraft(theirs);
    setTheirs(null);
  };
  const keepMine = () => {
    if (theirs) setBefore(theirs);
    setTheirs(null);
  };
  const siteOptions = [
    { id: NOWHERE, label: t("bulk.site.none") },
    ...sites.map(({ id, name }) => ({ id, label: name })),
  ];
  const registrations = (["accepted", "pending", "rejected"] as const).map((id) => ({
    id,
    label: t(`registration.${id}`),
    description: t(`registration.${id}Text`),
  }));
  const validations = (["advisory", "strict"] as const).map((id) => ({
    id,
    label: t(`validation.${id}`),
    description: t(`validation.${id}Text`),
  }));
  return (
    <Form onSubmit={save} problem={problem}>
      {theirs && <Conflict mine={draft} theirs={theirs} onTheirs={takeTheirs} onMine={keepMine} />}
      <TextField
        label={t("edit.name")}
        name="name"
        value={draft.name}
        onChange={set("name")}
        maxLength={200}
        autoFocus
      />
      <Select
        label={t("columns.site")}
        name="site_id"
        options={siteOptions}
        selected={draft.site}
        onChange={set("site")}
      />
      <Select
        label={t("connection.registration")}
        name="registration"
        options={registrations}
        selected={draft.registration}
        onChange={set("registration")}
      />
      <Select
        label={t("validation.label")}
        name="validation"
        options={validations}
        selected={draft.validation}
        onChange={set("validation")}
      />
      <CheckboxGroup
        label={t("edit.protocols")}
        description={t("edit.protocolsText")}
        isRow
        options={PROTOCOLS.map((id) => ({ id, label: id.replace("ocpp", "OCPP ") }))}
        selected={draft.protocols}
        onChange={set("protocols")}
      />
      <Checkbox isSelected={draft.hasDefault} onChange={set("hasDefault")} description={t("edit.defaultText")}>
        {t("edit.default")}
      </Checkbox>
      <NumberField
        label={t("edit.heartbeat")}
        description={t("edit.heartbeatText")}
        name="heartbeat_interval_s"
        unit="s"
        hasSteps={false}
        minValue={10}
        maxValue={86_400}
        value={draft.heartbeat}
        onChange={set("heartbeat")}
      />
      <Checkbox isSelected={draft.ping} onChange={set("ping")} description={t("edit.pingText")}>
        {t("edit.ping")}
      </Checkbox>
      <FormActions>
        <Button onPress={onClose}>{t("edit.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isSaving} isDisabled={theirs !== null}>
          {t("edit.save")}
        </Button>
      </FormActions>
    </Form>
  );
}

function Conflict({
  mine,
  theirs,
  onMine,
  onTheirs,
}: {
  mine: Draft;
  theirs: Draft;
  onMine: () => void;
  onTheirs: () => void;
}) {
  const { t } = useTranslation("chargers");
  const { byId } = useSites();
  const show = (key: keyof Draft, value: Draft[keyof Draft]) =>
    key === "site"
      ? (byId.get(String(value))?.name ?? t("bulk.site.none"))
      : Array.isArray(value)
        ? value.join(", ")
        : String(value ?? "–");
  const rows = (Object.keys(mine) as (keyof Draft)[]).filter((key) => String(mine[key]) !== String(theirs[key]));
  return (
    <Banner tone="warning" live="alert" title={t("edit.conflict")}>
      <div className={styles.form}>
        <Table
          label={t("edit.conflict")}
          rowId={(key) => key}
          rows={rows}
          columns={[
            { id: "field", label: t("edit.field"), render: (key) => t(`edit.fields.${key}`) },
            { id: "mine", label: t("edit.mine"), render: (key) => show(key, mine[key]) },
            { id: "theirs", label: t("edit.theirs"), render: (key) => show(key, theirs[key]) },
          ]}
        />
        <div className={styles.line}>
          <Button size="sm" onPress={onTheirs}>
            {t("edit.takeTheirs")}
          </Button>
          <Button size="sm" onPress={onMine}>
            {t("edit.keepMine")}
          </Button>
        </div>
      </div>
    </Banner>
  );
}

export function RetireDialog({ charger, onClose }: { charger: Charger; onClose: () => void }) {
  const { t } = useTranslation("chargers");
  const [purge, setPurge] = useState(false);
  const retire = async () => {
    await retireCharger({ path: { charger_id: charger.id }, query: { purge }, throwOnError: true });
    await queries.invalidateQueries({ queryKey: keyOf(charger.id) });
    await queries.invalidateQueries({ queryKey: ["chargers"] });
    toast({ tone: "success", title: t("retire.done", { name: charger.id }) });
  };
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t("retire.title", { name: chargerName(charger) })}
      consequence={<p>{t("retire.text")}</p>}
      confirmLabel={t("charger.retire")}
      isDanger
      typed={charger.id}
      onConfirm={retire}
    >
      <Checkbox isSelected={purge} onChange={setPurge} description={t("retire.purgeText")}>
        {t("retire.purge")}
      </Checkbox>
    </ConfirmDialog>
  );
}
