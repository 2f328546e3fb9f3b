// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A charging profile that is made, or changed; beside it how the limit then goes. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { createChargingProfile } from "@/api/sdk.gen";
import type { ChargingProfile } from "@/api/types.gen";
import { changeProfile, profileQuery, profilesChanged } from "@/features/profiles/api";
import {
  clockOf,
  draftOf,
  faultsOf,
  KINDS,
  newPeriod,
  profileOf,
  profilePath,
  PURPOSES,
  secondsOf,
  type Draft,
  type Item,
  type Period,
} from "@/features/profiles/model";
import styles from "@/features/profiles/profiles.module.css";
import {
  Button,
  Conflict,
  DatePicker,
  DialogActions,
  FieldRow,
  Form,
  FormSection,
  IconButton,
  NumberField,
  Panel,
  SegmentedControl,
  Select,
  Skeleton,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { isConflict, useBegun } from "@/lib/edited";
import { textOf } from "@/lib/forms";

const Preview = lazy(() => import("@/features/profiles/chart").then((file) => ({ default: file.ProfileChart })));
const HOUR_S = 3_600;
const MOST_PERIODS = 100;

interface Body {
  name: string;
  description: string | null;
  profile: ChargingProfile;
}

interface ProfileFormProps {
  item?: Item;
  etag?: string | null;
  onDone: () => void;
}

export function ProfileForm({ item, etag = null, onDone }: ProfileFormProps) {
  const { t } = useTranslation("profiles");
  const begun = useBegun(etag);
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(item?.profile));
  const [shows, setShows] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<Body | null>(null);
  const faults = useMemo(() => faultsOf(draft), [draft]);
  const profile = useMemo(() => profileOf(draft, item?.profile), [draft, item]);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const save = async (body: Body, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const saved = item
        ? await changeProfile(item.id, body, version)
        : (await createChargingProfile({ body, throwOnError: true })).data;
      profilesChanged();
      toast({
        tone: "success",
        title: t(item ? "form.saved" : "form.added", { name: saved.name }),
        action: item ? undefined : { label: t("actions.open"), to: profilePath(saved.id) },
      });
      onDone();
    } catch (error) {
      if (item && isConflict(error)) {
        await queries.invalidateQueries({ queryKey: profileQuery(item.id).queryKey });
        setMine(body);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (item && mine) {
    return (
      <Differences item={item} mine={mine} isPending={isPending} onKeep={onDone} onSave={() => void save(mine, etag)} />
    );
  }
  const submit = (fields: FormData) => {
    setShows(true);
    if (faults.size) return;
    const description = textOf(fields, "description").trim() || null;
    return save({ name: textOf(fields, "name").trim(), description, profile }, begun);
  };
  const names = { name: t("columns.name"), description: t("columns.description"), profile: t("periods.title") };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField label={t("columns.name")} name="name" defaultValue={item?.name} isRequired autoFocus maxLength={100} />
      <TextArea
        label={t("columns.description")}
        name="description"
        defaultValue={item?.description ?? ""}
        rows={2}
        maxLength={500}
      />
      <Select
        label={t("columns.purpose")}
        options={PURPOSES.map((id) => ({ id, label: t(`purposes.${id}`), description: t(`purposeTexts.${id}`) }))}
        selected={draft.purpose}
        onChange={(purpose) => change({ purpose })}
      />
      <Times draft={draft} onChange={change} />
      <FormSection title={t("periods.title")} description={t("periods.text")}>
        <Panel>
          <SegmentedControl
            label={t("form.unit")}
            size="sm"
            segments={[
              { id: "A" as const, label: t("form.amperes") },
              { id: "W" as const, label: t("form.watts") },
            ]}
            selected={draft.unit}
            onChange={(unit) => change({ unit })}
          />
          <Periods draft={draft} onChange={(periods) => change({ periods })} faults={faults} shows={shows} />
          {faults.size === 0 && (
            <Suspense fallback={<Skeleton variant="block" height="13rem" />}>
              <Preview profile={profile} />
            </Suspense>
          )}
        </Panel>
      </FormSection>
      <DialogActions>
        <Button onPress={onDone}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {item ? t("form.save") : t("form.add")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface PartProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

function Times({ draft, onChange }: PartProps) {
  const { t } = useTranslation("profiles");
  return (
    <>
      <FieldRow>
        <Select
          label={t("columns.kind")}
          options={KINDS.map((id) => ({ id, label: t(`kinds.${id}`) }))}
          selected={draft.kind}
          onChange={(kind) => onChange({ kind })}
        />
        {draft.kind === "recurring" && (
          <Select
            label={t("form.recurrency")}
            options={(["daily", "weekly"] as const).map((id) => ({ id, label: t(`recurrency.${id}`) }))}
            selected={draft.recurrency}
            onChange={(recurrency) => onChange({ recurrency })}
          />
        )}
        <NumberField
          label={t("columns.stack")}
          description={t("form.stackText")}
          value={draft.stackLevel}
          onChange={(stackLevel) => onChange({ stackLevel })}
          minValue={0}
          maxValue={1000}
          formatOptions={{ maximumFractionDigits: 0 }}
        />
      </FieldRow>
      <FieldRow>
        {draft.kind !== "relative" && (
          <DatePicker
            label={t("form.startAt")}
            description={t("form.startText")}
            granularity="minute"
            value={draft.startAt}
            onChange={(startAt) => onChange({ startAt })}
          />
        )}
        <NumberField
          label={t("form.duration")}
          description={t("form.durationText")}
          unit="h"
          value={draft.duration}
          onChange={(duration) => onChange({ duration })}
          minValue={0}
          maxValue={8_784}
          formatOptions={{ maximumFractionDigits: 2 }}
        />
      </FieldRow>
      <FieldRow>
        <DatePicker
          label={t("form.validFrom")}
          granularity="minute"
          value={draft.validFrom}
          onChange={(validFrom) => onChange({ validFrom })}
        />
        <DatePicker
          label={t("form.validTo")}
          granularity="minute"
          value={draft.validTo}
          onChange={(validTo) => onChange({ validTo })}
        />
      </FieldRow>
    </>
  );
}

interface PeriodsProps {
  draft: Draft;
  onChange: (periods: Period[]) => void;
  faults: ReturnType<typeof faultsOf>;
  shows: boolean;
}

function Periods({ draft: { periods, unit }, onChange, faults, shows }: PeriodsProps) {
  const { t } = useTranslation("profiles");
  const change = (id: string, part: Partial<Period>) =>
    onChange(periods.map((each) => (each.id === id ? { ...each, ...part } : each)));
  const add = () => {
    const last = periods.at(-1);
    const next = last ? clockOf((secondsOf(last.start) ?? 0) + HOUR_S) : "0:00";
    onChange([...periods, newPeriod(next, last?.limit ?? null, last?.phases ?? null)]);
  };
  return (
    <>
      <ol className={styles.entries} aria-label={t("periods.title")}>
        {periods.map(({ id, start, limit, phases }, index) => {
          const fault = faults.get(id);
          return (
            <li key={id} className={styles.entry}>
              <TextField
                label={t("periods.start")}
                inputMode="text"
                value={start}
                onChange={(next) => change(id, { start: next })}
                maxLength={7}
                error={fault && fault !== "limit" ? t(`fault.${fault}`) : undefined}
              />
              <NumberField
                label={t("chart.limit")}
                unit={unit}
                value={limit}
                onChange={(next) => change(id, { limit: next })}
                minValue={0}
                maxValue={100_000_000}
                formatOptions={{ maximumFractionDigits: 1 }}
                error={fault === "limit" && shows ? t("fault.limit") : undefined}
              />
              <NumberField
                label={t("periods.phases")}
                value={phases}
                onChange={(next) => change(id, { phases: next })}
                minValue={1}
                maxValue={3}
                formatOptions={{ maximumFractionDigits: 0 }}
              />
              <IconButton
                label={t("periods.remove", { number: index + 1 })}
                icon={<Trash2 aria-hidden />}
                isDisabled={periods.length === 1}
                onPress={() => onChange(periods.filter((each) => each.id !== id))}
              />
            </li>
          );
        })}
      </ol>
      <div className={styles.tools}>
        <Button size="sm" icon={<Plus aria-hidden />} isDisabled={periods.length >= MOST_PERIODS} onPress={add}>
          {t("periods.add")}
        </Button>
      </div>
    </>
  );
}

interface DifferencesProps {
  item: Item;
  mine: Body;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Differences({ item, mine, isPending, onKeep, onSave }: DifferencesProps) {
  const { t } = useTranslation("profiles");
  const { data } = useQuery(profileQuery(item.id));
  const words = ({ name, description, profile }: Body) => ({
    name,
    description: description ?? "",
    purpose: t(`purposes.${profile.purpose}`),
    kind: t(`kinds.${profile.kind}`),
    stack: String(profile.stack_level),
    periods: profile.schedules
      .flatMap(({ periods, unit }) =>
        periods.map(({ start_s: start, limit }) => `${clockOf(start)} ${limit ?? "–"} ${unit}`),
      )
      .join(", "),
  });
  const [one, other] = [words(mine), words(data?.item ?? item)];
  const fields = (["name", "description", "purpose", "kind", "stack", "periods"] as const).map((name) => ({
    label: t(name === "periods" ? "periods.title" : `columns.${name}`),
    mine: one[name],
    theirs: other[name],
  }));
  return <Conflict fields={fields} onKeepTheirs={onKeep} onSaveMine={onSave} isPending={isPending} />;
}
