// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One section of settings: its fields, what is not at its default, who changed it, and the way back. */
import { useQuery } from "@tanstack/react-query";
import { History, RotateCcw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { SectionItem } from "@/api/types.gen";
import { changeSection, resetSection, sectionQuery } from "@/features/system/api";
import { changesOf, isSame, SECTIONS, type Values } from "@/features/system/sections";
import { Setting, useSettingWords } from "@/features/system/setting";
import styles from "@/features/system/system.module.css";
import {
  Ago,
  Button,
  Card,
  ConfirmDialog,
  Conflict,
  ErrorState,
  Form,
  FormActions,
  KeyValue,
  Loading,
  Skeleton,
  toast,
} from "@/kit";
import { isConflict, type Edited } from "@/lib/edited";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const HistoryDialog = lazy(() =>
  import("@/features/system/section-history").then((file) => ({ default: file.SectionHistory })),
);

export function SectionCard({ item }: { item: SectionItem }) {
  const { t } = useTranslation("system");
  const may = useMay();
  const { section, updated_at: at, changed } = item;
  const { data, error, refetch } = useQuery(sectionQuery(section));
  const [asked, setAsked] = useState<"history" | "reset" | null>(null);
  const mayChange = may("system:settings:update");
  const title = t(`sections.${section}.title`);
  return (
    <Card
      title={title}
      description={t(`sections.${section}.text`)}
      footer={
        <div className={styles.foot}>
          <span className="soft">
            {at ? (
              <>
                {t("settings.changedAt")} <Ago at={at} />
              </>
            ) : (
              t("settings.never")
            )}
          </span>
          <span className={styles.row}>
            <Button size="sm" variant="quiet" icon={<History aria-hidden />} onPress={() => setAsked("history")}>
              {t("settings.history")}
            </Button>
            {mayChange && changed.length > 0 && (
              <Button size="sm" variant="quiet" icon={<RotateCcw aria-hidden />} onPress={() => setAsked("reset")}>
                {t("settings.reset")}
              </Button>
            )}
          </span>
        </div>
      }
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : mayChange ? (
        <Editor item={item} loaded={data} />
      ) : (
        <ReadOnly section={section} values={data.item} />
      )}
      {asked === "history" && (
        <Suspense>
          <HistoryDialog section={section} etag={data?.etag ?? null} onClose={() => setAsked(null)} />
        </Suspense>
      )}
      {asked === "reset" && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setAsked(null)}
          title={t("settings.resetTitle", { name: title })}
          consequence={t("settings.resetText", { count: changed.length })}
          confirmLabel={t("settings.reset")}
          isDanger
          onConfirm={async () => {
            try {
              await resetSection(section, data?.etag ?? null);
            } catch (refused) {
              // what is there now is what the next press resets
              if (isConflict(refused)) await queries.invalidateQueries({ queryKey: sectionQuery(section).queryKey });
              throw refused;
            }
            toast({ tone: "success", title: t("settings.resetDone", { name: title }) });
          }}
        />
      )}
    </Card>
  );
}

function ReadOnly({ section, values }: { section: string; values: Values }) {
  const { label, words } = useSettingWords(section);
  return (
    <KeyValue
      items={(SECTIONS[section] ?? []).map((field) => ({
        label: label(field.name),
        value: words(field, values[field.name]),
      }))}
    />
  );
}

function Editor({ item, loaded: newest }: { item: SectionItem; loaded: Edited<Values> }) {
  const { t } = useTranslation("system");
  const { section, defaults } = item;
  const fields = SECTIONS[section] ?? [];
  const { label, words } = useSettingWords(section);
  const [loaded, setLoaded] = useState(newest);
  const [values, setValues] = useState<Values>(loaded.item);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [isConflicting, setConflicting] = useState(false);
  const latest = useQuery({ ...sectionQuery(section), enabled: isConflicting }).data;
  const changes = changesOf(loaded.item, values);
  const isChanged = Object.keys(changes).length > 0;
  const show = (next: Edited<Values>) => {
    setLoaded(next);
    setValues(next.item);
  };
  // what somebody else changed is not put under what is being edited: saving then tells of it
  if (newest !== loaded && !isChanged) show(newest);
  const save = async (etag: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      show(await changeSection(section, changes, etag));
      toast({ tone: "success", title: t("settings.saved", { name: t(`sections.${section}.title`) }) });
      setConflicting(false);
    } catch (error) {
      if (isConflict(error)) {
        await queries.invalidateQueries({ queryKey: sectionQuery(section).queryKey });
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
        fields={fields
          .filter(({ name }) => name in changes)
          .map((field) => ({
            label: label(field.name),
            mine: words(field, values[field.name]),
            theirs: words(field, latest.item[field.name]),
          }))}
        onKeepTheirs={() => {
          show(latest);
          setConflicting(false);
        }}
        onSaveMine={() => void save(latest.etag)}
      />
    );
  }
  return (
    <Form
      onSubmit={() => save(loaded.etag)}
      problem={problem}
      names={Object.fromEntries(fields.map(({ name }) => [name, label(name)]))}
      autoComplete="off"
    >
      <div className={section === "retention" ? styles.grid : styles.fields}>
        {fields.map((field) => (
          <Setting
            key={field.name}
            section={section}
            field={field}
            value={values[field.name]}
            preset={defaults[field.name]}
            isChanged={!isSame(values[field.name], defaults[field.name])}
            onChange={(value) => setValues((now) => ({ ...now, [field.name]: value }))}
          />
        ))}
      </div>
      {isChanged && (
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
