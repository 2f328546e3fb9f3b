// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The second step: which image, when, how many at a time, and when it is to stop by itself. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2, Upload } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { imageQuery, imagesQuery } from "@/features/firmware/api";
import styles from "@/features/firmware/firmware.module.css";
import {
  imageName,
  isSigned,
  wavesKindOf,
  WEEK,
  windowKindOf,
  type Form,
  type OwnWave,
  type WavesKind,
  type WindowKind,
} from "@/features/firmware/model";
import { useDays, useWindowText } from "@/features/firmware/parts";
import {
  Button,
  Card,
  Checkbox,
  CheckboxGroup,
  Columns,
  DatePicker,
  Disclosure,
  EmptyState,
  ErrorState,
  FieldRow,
  IconButton,
  Loading,
  NoPermission,
  NumberField,
  Panel,
  RadioGroup,
  SearchBox,
  Select,
  Skeleton,
  TextField,
  TimeField,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const UploadDialog = lazy(() =>
  import("@/features/firmware/image-dialogs").then((file) => ({ default: file.UploadDialog })),
);
const READ = "firmware:image:read";
const MOST_WAVES = 50;
const SEARCHED_FROM = 8;
const MOST_CHARGERS = 50_000;
const HOUR_S = 3_600;

interface StepProps {
  form: Form;
  onChange: (part: Partial<Form>) => void;
}

interface HowStepProps extends StepProps {
  count: number;
  /** What it is called unless somebody says otherwise. */
  name: string;
}

export function HowStep({ form, onChange, count, name }: HowStepProps) {
  const { t } = useTranslation("firmware");
  return (
    <>
      {count > 0 && <p className="soft">{t("chargers.count", { count })}</p>}
      <Columns>
        <ImageChoice form={form} onChange={onChange} />
        <Card title={t("how.title")}>
          <Panel>
            <WindowChoice form={form} onChange={onChange} count={count} />
            <WavesChoice form={form} onChange={onChange} count={count} />
            <NumberField
              label={t("how.stop")}
              description={t("how.stopText")}
              unit="%"
              minValue={0}
              maxValue={99}
              value={form.stopPercent}
              onChange={(stopPercent) => onChange({ stopPercent })}
            />
          </Panel>
        </Card>
      </Columns>
      <Card>
        <More form={form} onChange={onChange} name={name} />
      </Card>
    </>
  );
}

function ImageChoice({ form, onChange }: StepProps) {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const may = useMay();
  const [q, setQ] = useState("");
  const [isUploading, setUploading] = useState(false);
  const isAllowed = may(READ);
  const found = useQuery({ ...imagesQuery(q), enabled: isAllowed });
  const chosen = useQuery({ ...imageQuery(form.image ?? ""), enabled: isAllowed && form.image !== null }).data?.item;
  const images = found.data ?? [];
  const shown = chosen && !images.some(({ id }) => id === chosen.id) ? [chosen, ...images] : images;
  const options = shown.map((image) => {
    const parts = [
      [image.vendor, image.model].filter(Boolean).join(" "),
      format.bytes(image.size_bytes),
      isSigned(image) ? t("images.signed") : "",
      format.date(image.created_at),
    ];
    return { id: image.id, label: imageName(image), description: parts.filter(Boolean).join(" · ") };
  });
  const upload = may("firmware:image:write") && (
    <Button size="sm" icon={<Upload aria-hidden />} onPress={() => setUploading(true)}>
      {t("images.upload")}
    </Button>
  );
  return (
    <Card title={t("how.image")} actions={shown.length > 0 && upload}>
      <Panel>
        {!isAllowed ? (
          <NoPermission isCompact permission={READ} />
        ) : found.error ? (
          <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
        ) : !found.data ? (
          <Loading>
            <Skeleton lines={4} />
          </Loading>
        ) : (
          <>
            {(q || images.length >= SEARCHED_FROM) && (
              <SearchBox label={t("images.search")} value={q} onSearch={setQ} />
            )}
            {options.length ? (
              <div className={styles.images}>
                <RadioGroup
                  label={t("how.which")}
                  options={options}
                  selected={form.image}
                  onChange={(image) => onChange({ image })}
                />
              </div>
            ) : (
              <EmptyState
                isCompact
                title={t(q ? "images.filtered" : "images.none")}
                text={q ? undefined : t("how.noImage")}
                action={upload}
              />
            )}
          </>
        )}
      </Panel>
      {isUploading && (
        <Suspense>
          <UploadDialog onClose={() => setUploading(false)} onDone={({ id }) => onChange({ image: id })} />
        </Suspense>
      )}
    </Card>
  );
}

function WindowChoice({ form, onChange, count }: Omit<HowStepProps, "name">) {
  const { t } = useTranslation("firmware");
  const day = useDays();
  const words = useWindowText();
  const kind = windowKindOf(form, count);
  const kinds: WindowKind[] = form.kept ? ["always", "night", "days", "kept"] : ["always", "night", "days"];
  return (
    <>
      <RadioGroup<WindowKind>
        label={t("window.label")}
        description={t("window.text")}
        options={kinds.map((id) => ({ id, label: id === "kept" ? words(form.kept) : t(`window.${id}`) }))}
        selected={kind}
        onChange={(window) => onChange({ window })}
      />
      {kind === "days" && (
        <div className={styles.wave}>
          <Panel>
            <CheckboxGroup
              label={t("window.on")}
              isRow
              options={WEEK.map((each) => ({ id: String(each), label: day(each) }))}
              selected={form.days.map(String)}
              onChange={(days) => onChange({ days: days.map(Number).toSorted((one, other) => one - other) })}
            />
            <FieldRow>
              <TimeField
                label={t("window.from")}
                value={form.from}
                onChange={(from) => from !== null && onChange({ from })}
              />
              <TimeField label={t("window.to")} value={form.to} onChange={(to) => to !== null && onChange({ to })} />
            </FieldRow>
          </Panel>
        </div>
      )}
    </>
  );
}

function WavesChoice({ form, onChange, count }: Omit<HowStepProps, "name">) {
  const { t } = useTranslation("firmware");
  const kind = wavesKindOf(form, count);
  const { own } = form;
  const set = (at: number, part: Partial<OwnWave>) =>
    onChange({ own: own.map((wave, index) => (index === at ? { ...wave, ...part } : wave)) });
  return (
    <>
      <RadioGroup<WavesKind>
        label={t("waves.label")}
        options={(["all", "few", "own"] as const).map((id) => ({
          id,
          label: t(`waves.kinds.${id}`),
          description: t(`waves.kinds.${id}Text`),
        }))}
        selected={kind}
        onChange={(waves) => onChange({ waves })}
      />
      {kind === "own" && (
        <Panel>
          {own.map((wave, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- waves have no other name, and are controlled
            <WaveFields key={index} wave={wave} number={index + 1} onChange={(part) => set(index, part)}>
              <IconButton
                label={t("waves.remove", { wave: index + 1 })}
                icon={<Trash2 aria-hidden />}
                isDisabled={own.length === 1}
                onPress={() => onChange({ own: own.filter((_, at) => at !== index) })}
              />
            </WaveFields>
          ))}
          <div>
            <Button
              size="sm"
              icon={<Plus aria-hidden />}
              isDisabled={own.length >= MOST_WAVES}
              onPress={() => onChange({ own: [...own, { unit: "percent", size: 20, isManual: false, pauseS: 0 }] })}
            >
              {t("waves.add")}
            </Button>
          </div>
          <p className="soft">{t("waves.rest")}</p>
        </Panel>
      )}
    </>
  );
}

interface WaveFieldsProps {
  wave: OwnWave;
  number: number;
  onChange: (part: Partial<OwnWave>) => void;
  children: React.ReactNode;
}

function WaveFields({ wave: { unit, size, isManual, pauseS }, number, onChange, children }: WaveFieldsProps) {
  const { t } = useTranslation("firmware");
  const most = unit === "percent" ? 100 : MOST_CHARGERS;
  const measure = (next: OwnWave["unit"]) =>
    onChange({ unit: next, size: size === null || next === "chargers" ? size : Math.min(100, size) });
  return (
    <div className={styles.wave} role="group" aria-label={t("waves.number", { wave: number })}>
      <Panel>
        <div className={styles.row}>
          <NumberField
            label={t("waves.size", { wave: number })}
            minValue={1}
            maxValue={most}
            value={size}
            onChange={(value) => onChange({ size: value })}
          />
          <Select
            label={t("waves.unit")}
            options={(["chargers", "percent"] as const).map((id) => ({ id, label: t(`waves.units.${id}`) }))}
            selected={unit}
            onChange={measure}
          />
          {children}
        </div>
        <div className={styles.row}>
          <Select
            label={t("waves.then")}
            options={(["automatic", "manual"] as const).map((id) => ({ id, label: t(`waves.after.${id}`) }))}
            selected={isManual ? "manual" : "automatic"}
            onChange={(next) => onChange({ isManual: next === "manual" })}
          />
          {!isManual && (
            <NumberField
              label={t("waves.pause")}
              unit="h"
              minValue={0}
              maxValue={744}
              value={Math.round(pauseS / HOUR_S)}
              onChange={(hours) => onChange({ pauseS: (hours ?? 0) * HOUR_S })}
            />
          )}
        </div>
      </Panel>
    </div>
  );
}

function More({ form, onChange, name }: StepProps & { name: string }) {
  const { t } = useTranslation("firmware");
  const number = (
    field: "atOnce" | "retries" | "waitDays" | "timeoutMinutes",
    min: number,
    max: number,
    unit?: string,
  ) => (
    <NumberField
      label={t(`how.${field}`)}
      description={t(`how.${field}Text`)}
      unit={unit}
      minValue={min}
      maxValue={max}
      value={form[field]}
      onChange={(value) => value !== null && onChange({ [field]: value })}
    />
  );
  return (
    <Disclosure title={t("how.more")} level={2}>
      <Panel>
        <TextField
          label={t("columns.name")}
          value={form.name}
          onChange={(text) => onChange({ name: text })}
          maxLength={150}
          placeholder={name}
          description={t("how.nameText", { name })}
        />
        <FieldRow>
          {number("atOnce", 1, 500)}
          {number("retries", 0, 10)}
        </FieldRow>
        <FieldRow>
          {number("waitDays", 1, 31, t("how.days"))}
          {number("timeoutMinutes", 1, 10_080, t("how.minutes"))}
        </FieldRow>
        <Checkbox
          isSelected={form.waitForSessions}
          onChange={(waitForSessions) => onChange({ waitForSessions })}
          description={t("how.sessionsText")}
        >
          {t("how.sessions")}
        </Checkbox>
        <FieldRow>
          <DatePicker
            label={t("how.starts")}
            granularity="minute"
            value={form.startsAt}
            onChange={(startsAt) => onChange({ startsAt })}
            description={t("how.startsText")}
          />
          <DatePicker
            label={t("how.ends")}
            granularity="minute"
            value={form.endsAt}
            onChange={(endsAt) => onChange({ endsAt })}
            description={t("how.endsText")}
          />
        </FieldRow>
        <DatePicker
          label={t("how.install")}
          granularity="minute"
          value={form.installAt}
          onChange={(installAt) => onChange({ installAt })}
          description={t("how.installText")}
        />
      </Panel>
    </Disclosure>
  );
}
