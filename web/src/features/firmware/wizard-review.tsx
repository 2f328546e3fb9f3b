// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The last step: what would happen, charger by charger where it would not, and the start. */
import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createFirmwareCampaign } from "@/api/sdk.gen";
import type { CampaignCreate, CampaignPreview, Fit } from "@/api/types.gen";
import { imageQuery } from "@/features/firmware/api";
import styles from "@/features/firmware/firmware.module.css";
import { imageName, MANY, storedHours } from "@/features/firmware/model";
import { useWaveText, useWindowText, Whom } from "@/features/firmware/parts";
import {
  Badge,
  Banner,
  Button,
  Card,
  Columns,
  ErrorState,
  FormActions,
  KeyValue,
  Loading,
  ProblemBanner,
  Skeleton,
  Table,
  TextField,
  TextLink,
  type Fact,
} from "@/kit";
import { useFormat } from "@/lib/format";

interface ReviewStepProps {
  body: CampaignCreate;
  pending: "draft" | "start" | null;
  problem: unknown;
  onBack: () => void;
  onDraft: () => void;
  onStart: (total: number) => void;
}

export function ReviewStep({ body, pending, problem, onBack, onDraft, onStart }: ReviewStepProps) {
  const { t } = useTranslation("firmware");
  const [typed, setTyped] = useState("");
  const preview = useQuery({
    queryKey: ["firmware", "preview", body],
    queryFn: async ({ signal }) => {
      const { data } = await createFirmwareCampaign({ body: { ...body, dry_run: true }, signal, throwOnError: true });
      return data as CampaignPreview;
    },
    staleTime: 0,
    retry: false,
  });
  const seen = preview.data;
  const isMany = (seen?.total ?? 0) >= MANY;
  const isReady = seen !== undefined && seen.update > 0 && (!isMany || typed.trim() === String(seen.total));
  return (
    <>
      <Columns>
        <Card title={t("review.happens")}>
          {preview.error ? (
            <ErrorState isCompact problem={preview.error} onRetry={() => void preview.refetch()} />
          ) : !seen ? (
            <Loading>
              <Skeleton lines={6} />
            </Loading>
          ) : (
            <Happens seen={seen} />
          )}
        </Card>
        <Card title={t("plan.title")}>
          <Summary body={body} sizes={seen?.sizes ?? []} />
        </Card>
      </Columns>
      {seen && seen.chargers.some(({ verdict }) => verdict !== "update") && <LeftOut seen={seen} />}
      {seen?.update === 0 && (
        <Banner tone="warning" title={t("review.nothing")}>
          {t("review.nothingText")}
        </Banner>
      )}
      {seen && seen.update > 0 && isMany && (
        <div className={styles.narrow}>
          <TextField
            label={t("review.type", { number: String(seen.total) })}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            inputMode="numeric"
            isMono
            autoFocus
          />
        </div>
      )}
      {problem != null && <ProblemBanner problem={problem} />}
      <FormActions>
        <Button onPress={onBack}>{t("wizard.back")}</Button>
        <Button isPending={pending === "draft"} isDisabled={pending === "start"} onPress={onDraft}>
          {t("review.draft")}
        </Button>
        <Button
          variant="primary"
          icon={<Play aria-hidden />}
          isPending={pending === "start"}
          isDisabled={!isReady || pending === "draft"}
          onPress={() => seen && onStart(seen.total)}
        >
          {t(body.starts_at ? "review.schedule" : "review.start")}
        </Button>
      </FormActions>
    </>
  );
}

function Happens({ seen }: { seen: CampaignPreview }) {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const number = (value: number) => format.number(value);
  return (
    <KeyValue
      items={[
        { label: t("review.total"), value: number(seen.total) },
        { label: t("review.update"), value: <strong>{number(seen.update)}</strong> },
        { label: t("review.already"), value: number(seen.already) },
        { label: t("review.unable"), value: number(seen.unable) },
        { label: t("review.offline"), value: number(seen.offline) },
        { label: t("review.charging"), value: number(seen.charging) },
      ]}
    />
  );
}

function Summary({ body, sizes }: { body: CampaignCreate; sizes: readonly number[] }) {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const windowText = useWindowText();
  const waveText = useWaveText();
  const { firmware, waves = [], stop_on_failure_percent: stop, starts_at: starts } = body;
  const image = useQuery({ ...imageQuery(firmware ?? ""), enabled: Boolean(firmware) }).data?.item;
  const window = storedHours(body.maintenance_window ?? null);
  const steps = sizes.map((size, index) => {
    const wave = waves[index];
    const then = index < sizes.length - 1 && wave ? waveText(wave) : "";
    return [t("chargers.count", { count: size }), then].filter(Boolean).join(" – ");
  });
  const facts: (Fact | false)[] = [
    { label: t("columns.name"), value: body.name, isWide: true },
    { label: t("plan.image"), value: image && imageName(image), isWide: true },
    {
      label: t("plan.whom"),
      value: <Whom filter={body.filter ?? null} ids={body.ids ?? null} />,
      isWide: true,
    },
    { label: t("plan.window"), value: windowText(window), isWide: true },
    {
      label: t("waves.title"),
      value: (
        <ol>
          {steps.map((text, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- a wave is its place
            <li key={index}>{text}</li>
          ))}
        </ol>
      ),
      isWide: true,
    },
    {
      label: t("plan.stop"),
      value:
        stop === null || stop === undefined
          ? t("plan.never")
          : t("plan.over", { share: format.percent(stop / 100, 0) }),
    },
    starts !== null && starts !== undefined && { label: t("plan.starts"), value: format.exact(starts) },
  ];
  return <KeyValue items={facts.filter((fact) => fact !== false)} />;
}

const TONES = { update: "success", already: "neutral", unable: "warning" } as const;

function LeftOut({ seen }: { seen: CampaignPreview }) {
  const { t } = useTranslation("firmware");
  const rows = seen.chargers.filter(({ verdict }) => verdict !== "update");
  const all = seen.already + seen.unable;
  return (
    <Card
      title={t("review.leftOut")}
      description={all > rows.length ? t("review.first", { shown: rows.length, count: all }) : undefined}
      isFlush
    >
      <Table<Fit>
        label={t("review.leftOut")}
        rows={rows}
        rowId={({ charger_id: id }) => id}
        columns={[
          {
            id: "charger",
            label: t("columns.charger"),
            render: ({ charger_id: id }) => <TextLink to={`/chargers/${encodeURIComponent(id)}`}>{id}</TextLink>,
          },
          {
            id: "verdict",
            label: t("columns.status"),
            render: ({ verdict }) => <Badge tone={TONES[verdict]}>{t(`review.verdicts.${verdict}`)}</Badge>,
          },
          { id: "reason", label: t("columns.reason"), render: ({ reason }) => reason ?? "–" },
        ]}
      />
    </Card>
  );
}
