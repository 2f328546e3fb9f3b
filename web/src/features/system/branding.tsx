// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Name, logo, colour, whom to ask, and the map: how the app looks for the people of an organization. */
import { useQuery } from "@tanstack/react-query";
import { History, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { deleteLogo, getBranding, setLogo } from "@/api/sdk.gen";
import { changeSection, sectionQuery } from "@/features/system/api";
import { BrandPreview, ColorField } from "@/features/system/brand-color";
import { changesOf, type Values } from "@/features/system/sections";
import { useSettingWords } from "@/features/system/setting";
import styles from "@/features/system/system.module.css";
import {
  Button,
  Card,
  Columns,
  Conflict,
  ConfirmDialog,
  ErrorState,
  FieldRow,
  FileDrop,
  Form,
  FormActions,
  KeyValue,
  Loading,
  ProblemBanner,
  RadioGroup,
  Skeleton,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { followBranding } from "@/lib/branding";
import { isConflict, type Edited } from "@/lib/edited";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const SECTION = "branding";
const BUILT_IN = "builtin";
const MOST_BYTES = 200 * 1024;
const FIELDS = ["product_name", "brand_color", "support_email", "support_phone", "map_style", "map_origins"] as const;
const HistoryDialog = lazy(() =>
  import("@/features/system/section-history").then((file) => ({ default: file.SectionHistory })),
);

/** What was changed is shown at once, here too. */
async function brandingChanged(): Promise<void> {
  await queries.invalidateQueries({ queryKey: ["branding"] });
  await followBranding(true);
}

export function Branding() {
  const { t } = useTranslation("system");
  const may = useMay();
  const { data, error, refetch } = useQuery(sectionQuery(SECTION));
  const [isHistory, setHistory] = useState(false);
  if (error) return <ErrorState problem={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Loading>
        <Skeleton variant="block" height="16rem" />
      </Loading>
    );
  }
  const mayChange = may("system:settings:update");
  return (
    <Columns>
      <Card
        title={t("sections.branding.title")}
        description={t("sections.branding.text")}
        actions={
          <Button size="sm" icon={<History aria-hidden />} onPress={() => setHistory(true)}>
            {t("settings.history")}
          </Button>
        }
      >
        {mayChange ? <Editor loaded={data} /> : <ReadOnly values={data.item} />}
      </Card>
      <Logo mayChange={mayChange} />
      {isHistory && (
        <Suspense>
          <HistoryDialog section={SECTION} etag={data.etag} onClose={() => setHistory(false)} />
        </Suspense>
      )}
    </Columns>
  );
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join("\n") : typeof value === "string" ? value : "";
}

function ReadOnly({ values }: { values: Values }) {
  const { label } = useSettingWords(SECTION);
  return <KeyValue items={FIELDS.map((name) => ({ label: label(name), value: textOf(values[name]) }))} />;
}

function Editor({ loaded: newest }: { loaded: Edited<Values> }) {
  const { t } = useTranslation("system");
  const { label } = useSettingWords(SECTION);
  const [loaded, setLoaded] = useState(newest);
  const [values, setValues] = useState<Values>(loaded.item);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [isConflicting, setConflicting] = useState(false);
  const latest = useQuery({ ...sectionQuery(SECTION), enabled: isConflicting }).data;
  const set = (name: string) => (text: string) => setValues((now) => ({ ...now, [name]: text || null }));
  const changes = changesOf(loaded.item, values);
  const show = (next: Edited<Values>) => {
    setLoaded(next);
    setValues(next.item);
  };
  // what somebody else changed is not put under what is being edited: saving then tells of it
  if (newest !== loaded && Object.keys(changes).length === 0) show(newest);
  const save = async (etag: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      show(await changeSection(SECTION, changes, etag));
      setConflicting(false);
      await brandingChanged();
      toast({ tone: "success", title: t("settings.saved", { name: t("sections.branding.title") }) });
    } catch (error) {
      if (isConflict(error)) {
        await queries.invalidateQueries({ queryKey: sectionQuery(SECTION).queryKey });
        setConflicting(true);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (isConflicting && latest) {
    return (
      <Conflict
        isPending={isPending}
        fields={FIELDS.filter((name) => name in changes).map((name) => ({
          label: label(name),
          mine: textOf(values[name]),
          theirs: textOf(latest.item[name]),
        }))}
        onKeepTheirs={() => {
          show(latest);
          setConflicting(false);
        }}
        onSaveMine={() => void save(latest.etag)}
      />
    );
  }
  const style = textOf(values.map_style) || BUILT_IN;
  const common = (name: string) => ({
    name,
    label: label(name),
    description: t(`sections.branding.${name}.text`),
    value: textOf(values[name]),
    onChange: set(name),
  });
  return (
    <Form
      onSubmit={() => save(loaded.etag)}
      problem={problem}
      names={Object.fromEntries(FIELDS.map((name) => [name, label(name)]))}
      autoComplete="off"
    >
      <TextField {...common("product_name")} maxLength={60} placeholder="CSMS Lite" />
      <ColorField {...common("brand_color")} />
      <BrandPreview name={textOf(values.product_name)} color={textOf(values.brand_color)} />
      <FieldRow>
        <TextField {...common("support_email")} type="email" maxLength={254} />
        <TextField {...common("support_phone")} type="tel" maxLength={30} />
      </FieldRow>
      <RadioGroup
        label={label("map_style")}
        options={[
          { id: BUILT_IN, label: t("branding.builtIn"), description: t("branding.builtInText") },
          { id: "own", label: t("branding.ownMap"), description: t("branding.ownMapText") },
        ]}
        selected={style === BUILT_IN ? BUILT_IN : "own"}
        onChange={(id) => setValues((now) => ({ ...now, map_style: id === BUILT_IN ? BUILT_IN : "https://" }))}
      />
      {style !== BUILT_IN && (
        <>
          <TextField {...common("map_style")} label={t("branding.mapAddress")} isMono isRequired maxLength={500} />
          <TextArea
            {...common("map_origins")}
            rows={2}
            isMono
            onChange={(text) => setValues((now) => ({ ...now, map_origins: text === "" ? [] : text.split("\n") }))}
          />
        </>
      )}
      {Object.keys(changes).length > 0 && (
        <FormActions>
          <Button onPress={() => setValues(loaded.item)}>{t("settings.discard")}</Button>
          <Button type="submit" variant="primary" isPending={isPending}>
            {t("settings.save")}
          </Button>
        </FormActions>
      )}
    </Form>
  );
}

function Logo({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation("system");
  const { data } = useQuery({
    queryKey: ["branding", "logo"],
    queryFn: async ({ signal }) => (await getBranding({ signal, throwOnError: true })).data.logo,
  });
  const [problem, setProblem] = useState<unknown>(null);
  const [isAsking, setAsking] = useState(false);
  const upload = async ([file]: File[]) => {
    if (!file) return;
    setProblem(null);
    try {
      await setLogo({ body: file, headers: { "Content-Type": file.type }, throwOnError: true });
      await brandingChanged();
      toast({ tone: "success", title: t("branding.logoSaved") });
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <Card
      title={t("branding.logo")}
      description={t("branding.logoText")}
      actions={
        mayChange &&
        data && (
          <Button size="sm" icon={<Trash2 aria-hidden />} onPress={() => setAsking(true)}>
            {t("branding.removeLogo")}
          </Button>
        )
      }
    >
      <div className={styles.fields}>
        {problem !== null && <ProblemBanner problem={problem} />}
        {data ? (
          <img className={styles.logo} src={data.url} alt={t("branding.logoNow")} />
        ) : (
          <p className="soft">{t("branding.noLogo")}</p>
        )}
        {mayChange && (
          <FileDrop
            label={t("branding.logo")}
            accept={["image/png", "image/jpeg", "image/webp"]}
            maxBytes={MOST_BYTES}
            onFiles={(files) => void upload(files)}
          />
        )}
      </div>
      {isAsking && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setAsking(false)}
          title={t("branding.removeTitle")}
          consequence={t("branding.removeText")}
          confirmLabel={t("branding.removeLogo")}
          isDanger
          onConfirm={async () => {
            await deleteLogo({ throwOnError: true });
            await brandingChanged();
          }}
        />
      )}
    </Card>
  );
}
