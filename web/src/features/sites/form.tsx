// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A site that is made, or changed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { createSite } from "@/api/sdk.gen";
import type { Site, SiteCreate } from "@/api/types.gen";
import { changeSite, sitePath, siteQuery, sitesChanged, sitesQuery } from "@/features/sites/api";
import { HoursEditor } from "@/features/sites/hours";
import { hoursOf, kindOf, possibleParents, type Hours } from "@/features/sites/model";
import {
  Button,
  ComboBox,
  Conflict,
  DialogActions,
  FieldRow,
  Form,
  NumberField,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { isConflict, useBegun } from "@/lib/edited";
import { textOf } from "@/lib/forms";

const FIELDS = [
  "name",
  "parent_id",
  "street",
  "postal_code",
  "city",
  "country",
  "latitude",
  "longitude",
  "time_zone",
  "opening_hours",
  "note",
] as const;
type Body = Required<Pick<SiteCreate, (typeof FIELDS)[number]>>;

interface SiteFormProps {
  site?: Site;
  etag?: string | null;
  /** Where a new one lies, unless somebody says otherwise. */
  parentId?: string | null;
  onDone: () => void;
}

export function SiteForm({ site, etag = null, parentId = null, onDone }: SiteFormProps) {
  const { t } = useTranslation("sites");
  const begun = useBegun(etag);
  const queries = useQueryClient();
  const all = useQuery(sitesQuery).data?.sites;
  const [parent, setParent] = useState<string | null>(site ? site.parent_id : parentId);
  const [zone, setZone] = useState<string | null>(site?.time_zone ?? null);
  const [latitude, setLatitude] = useState<number | null>(site?.latitude ?? null);
  const [longitude, setLongitude] = useState<number | null>(site?.longitude ?? null);
  const [hours, setHours] = useState<Hours[] | null>(site ? hoursOf(site) : null);
  const [kind, setKind] = useState(kindOf(hours));
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<Body | null>(null);
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone").map((id) => ({ id, label: id })), []);
  const parents = useMemo(
    () => possibleParents(all ?? [], site).map(({ id, name }) => ({ id, label: name })),
    [all, site],
  );
  const save = async (body: Body, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const saved = site
        ? await changeSite(site.id, body, version)
        : (await createSite({ body, throwOnError: true })).data;
      sitesChanged();
      toast({
        tone: "success",
        title: t(site ? "form.saved" : "form.added", { name: saved.name }),
        action: site ? undefined : { label: t("actions.open"), to: sitePath(saved.id) },
      });
      onDone();
    } catch (error) {
      if (site && isConflict(error)) {
        await queries.invalidateQueries({ queryKey: siteQuery(site.id).queryKey });
        setMine(body);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (site && mine) {
    return (
      <Differences site={site} mine={mine} isPending={isPending} onKeep={onDone} onSave={() => void save(mine, etag)} />
    );
  }
  const submit = (values: FormData) => {
    const text = (name: string) => textOf(values, name).trim() || null;
    return save(
      {
        name: textOf(values, "name").trim(),
        parent_id: parent,
        street: text("street"),
        postal_code: text("postal_code"),
        city: text("city"),
        country: text("country")?.toUpperCase() ?? null,
        latitude,
        longitude,
        time_zone: zone,
        opening_hours: hours,
        note: text("note"),
      },
      begun,
    );
  };
  const names = Object.fromEntries(FIELDS.map((name) => [name, t(`form.${name}`)]));
  const degrees = { maximumFractionDigits: 6 };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField label={t("form.name")} name="name" defaultValue={site?.name} isRequired autoFocus maxLength={150} />
      <ComboBox
        label={t("form.parent_id")}
        description={t("form.parentText")}
        options={parents}
        selected={parent}
        onChange={setParent}
      />
      <TextField label={t("form.street")} name="street" defaultValue={site?.street ?? ""} maxLength={200} />
      <FieldRow>
        <TextField
          label={t("form.postal_code")}
          name="postal_code"
          defaultValue={site?.postal_code ?? ""}
          maxLength={20}
        />
        <TextField label={t("form.city")} name="city" defaultValue={site?.city ?? ""} maxLength={200} />
        <TextField
          label={t("form.country")}
          name="country"
          defaultValue={site?.country ?? ""}
          maxLength={2}
          pattern="[A-Za-z]{2}"
          description={t("form.countryText")}
        />
      </FieldRow>
      <FieldRow>
        <NumberField
          label={t("form.latitude")}
          value={latitude}
          onChange={setLatitude}
          minValue={-90}
          maxValue={90}
          formatOptions={degrees}
        />
        <NumberField
          label={t("form.longitude")}
          value={longitude}
          onChange={setLongitude}
          minValue={-180}
          maxValue={180}
          formatOptions={degrees}
        />
      </FieldRow>
      <ComboBox
        label={t("form.time_zone")}
        description={t("form.zoneText")}
        options={zones}
        selected={zone}
        onChange={setZone}
      />
      <HoursEditor hours={hours} onChange={setHours} kind={kind} onKind={setKind} />
      <TextArea label={t("form.note")} name="note" defaultValue={site?.note ?? ""} rows={2} maxLength={2000} />
      <DialogActions>
        <Button onPress={onDone}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {site ? t("form.save") : t("form.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface DifferencesProps {
  site: Site;
  mine: Body;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Differences({ site, mine, isPending, onKeep, onSave }: DifferencesProps) {
  const { t } = useTranslation("sites");
  const { data } = useQuery(siteQuery(site.id));
  const all = useQuery(sitesQuery).data?.sites ?? [];
  const theirs = data?.item ?? site;
  const words = (version: Body | Site, name: (typeof FIELDS)[number]): string => {
    if (name === "parent_id") return all.find(({ id }) => id === version.parent_id)?.name ?? version.parent_id ?? "";
    if (name !== "opening_hours") return String(version[name] ?? "");
    const hours = hoursOf({ opening_hours: version.opening_hours });
    if (hours === null) return "";
    return hours.map(({ weekday, begin, end }) => `${weekday}: ${begin}–${end}`).join(", ") || t("hours.never");
  };
  const fields = FIELDS.map((name) => ({
    label: t(`form.${name}`),
    mine: words(mine, name),
    theirs: words(theirs, name),
  }));
  return <Conflict fields={fields} onKeepTheirs={onKeep} onSaveMine={onSave} isPending={isPending} />;
}
