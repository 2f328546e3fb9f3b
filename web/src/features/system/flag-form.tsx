// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A feature flag that is made, or changed: its values, and who gets which. */
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createFeatureFlag, updateFeatureFlag } from "@/api/sdk.gen";
import type { FlagItem } from "@/api/types.gen";
import { queries } from "@/app/queries";
import { flagQuery, flagsChanged } from "@/features/system/api";
import { FlagConflict } from "@/features/system/flag-conflict";
import {
  bodyOf,
  draftOf,
  nextId,
  TYPES,
  variantsFor,
  type FlagDraft,
  type RuleDraft,
} from "@/features/system/flag-rules";
import styles from "@/features/system/system.module.css";
import {
  Button,
  DialogActions,
  FieldRow,
  Form,
  FormSection,
  IconButton,
  NumberField,
  Select,
  Switch,
  TextField,
  toast,
} from "@/kit";
import { isConflict, type Edited } from "@/lib/edited";

interface Props {
  flag: FlagItem | null;
  etag: string | null;
  onDone: () => void;
}

export function FlagForm({ flag, etag, onDone }: Props) {
  const { t } = useTranslation("system");
  const [draft, setDraft] = useState<FlagDraft>(() => draftOf(flag));
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  // of what the draft was made from: what is read meanwhile is not what is being changed
  const [version, setVersion] = useState(etag);
  const [theirs, setTheirs] = useState<Edited<FlagItem> | null>(null);
  const set = (values: Partial<FlagDraft>) => setDraft((now) => ({ ...now, ...values }));
  const refused = async (error: unknown) => {
    if (!flag || !isConflict(error)) {
      // it stands beside the fields
      if (theirs) setVersion(theirs.etag);
      setTheirs(null);
      setProblem(error);
      return;
    }
    try {
      setTheirs(await queries.fetchQuery(flagQuery(flag.key)));
    } catch (failure) {
      setProblem(failure);
    }
  };
  const save = async (last: string | null) => {
    setPending(true);
    setProblem(null);
    const { key, type: _type, ...rest } = bodyOf(draft);
    try {
      if (flag) {
        const headers = { "if-match": last };
        await updateFeatureFlag({ path: { key: flag.key }, body: rest, headers, throwOnError: true });
      } else await createFeatureFlag({ body: bodyOf(draft), throwOnError: true });
      flagsChanged();
      toast({ tone: "success", title: t("flags.saved", { name: flag?.key ?? key }) });
      onDone();
    } catch (error) {
      await refused(error);
    } finally {
      setPending(false);
    }
  };
  if (theirs) {
    return (
      <FlagConflict
        mine={draft}
        theirs={draftOf(theirs.item)}
        isPending={isPending}
        onKeepTheirs={() => {
          setDraft(draftOf(theirs.item));
          setVersion(theirs.etag);
          setTheirs(null);
        }}
        onSaveMine={() => void save(theirs.etag)}
      />
    );
  }
  const names = draft.variants.map(({ name }) => name).filter(Boolean);
  const variants = names.map((id) => ({ id, label: id }));
  return (
    <Form onSubmit={() => save(version)} problem={problem} autoComplete="off">
      {!flag && (
        <FieldRow>
          <TextField
            label={t("flags.key")}
            name="key"
            description={t("flags.keyText")}
            value={draft.key}
            onChange={(key) => set({ key })}
            isRequired
            isMono
            autoFocus
            maxLength={100}
            pattern="[a-z0-9][a-z0-9._\-]*"
          />
          <Select
            label={t("flags.type")}
            options={TYPES.map((id) => ({ id, label: t(`flags.types.${id}`) }))}
            selected={draft.type}
            onChange={(type) => set({ type, variants: variantsFor(type), defaultVariant: "off", rules: [] })}
          />
        </FieldRow>
      )}
      <TextField
        label={t("flags.description")}
        name="description"
        value={draft.description}
        onChange={(description) => set({ description })}
        maxLength={500}
      />
      <Switch isSelected={draft.enabled} onChange={(enabled) => set({ enabled })} description={t("flags.enabledText")}>
        {t("flags.enabled")}
      </Switch>
      <Variants draft={draft} onChange={set} />
      <Select
        label={t("flags.defaultVariant")}
        description={t("flags.defaultText")}
        options={variants}
        selected={draft.defaultVariant}
        onChange={(defaultVariant) => set({ defaultVariant })}
      />
      <Rules draft={draft} variants={variants} onChange={(rules) => set({ rules })} />
      <DialogActions>
        <Button onPress={onDone}>{t("settings.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("settings.save")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function Variants({ draft, onChange }: { draft: FlagDraft; onChange: (values: Partial<FlagDraft>) => void }) {
  const { t } = useTranslation("system");
  const { variants } = draft;
  const change = (id: number, values: { name?: string; value?: string }) =>
    onChange({ variants: variants.map((each) => (each.id === id ? { ...each, ...values } : each)) });
  return (
    <FormSection title={t("flags.variants")} description={t("flags.variantsText")}>
      {variants.map(({ id, name, value }) => (
        <div key={id} className={styles.variant}>
          <TextField
            label={t("flags.variant")}
            value={name}
            onChange={(text) => change(id, { name: text })}
            isRequired
            isMono
            maxLength={60}
          />
          <TextField
            label={t("flags.value")}
            value={value}
            onChange={(text) => change(id, { value: text })}
            isMono
            maxLength={2000}
          />
          <IconButton
            label={t("flags.removeVariant", { name })}
            icon={<Trash2 aria-hidden />}
            isDisabled={variants.length < 2}
            onPress={() => onChange({ variants: variants.filter((each) => each.id !== id) })}
          />
        </div>
      ))}
      <div>
        <Button
          size="sm"
          icon={<Plus aria-hidden />}
          onPress={() => onChange({ variants: [...variants, { id: nextId(), name: "", value: "" }] })}
        >
          {t("flags.addVariant")}
        </Button>
      </div>
    </FormSection>
  );
}

interface RulesProps {
  draft: FlagDraft;
  variants: { id: string; label: string }[];
  onChange: (rules: RuleDraft[]) => void;
}

function Rules({ draft: { rules }, variants, onChange }: RulesProps) {
  const { t } = useTranslation("system");
  const change = (id: number, values: Partial<RuleDraft>) =>
    onChange(rules.map((each) => (each.id === id ? { ...each, ...values } : each)));
  const fresh = { variant: variants[0]?.id ?? "", percentage: 100, roles: "", users: "", organizations: "" };
  return (
    <FormSection title={t("flags.rules")} description={t("flags.rulesText")}>
      {rules.map((rule, index) => (
        <div key={rule.id} role="group" aria-label={t("flags.rule", { number: index + 1 })} className={styles.rule}>
          <FieldRow>
            <Select
              label={t("flags.variant")}
              options={variants}
              selected={rule.variant}
              onChange={(variant) => change(rule.id, { variant })}
            />
            <NumberField
              label={t("flags.percentage")}
              value={rule.percentage}
              onChange={(percentage) => change(rule.id, { percentage })}
              minValue={0}
              maxValue={100}
              unit="%"
            />
          </FieldRow>
          {(["roles", "users", "organizations"] as const).map((name) => (
            <TextField
              key={name}
              label={t(`flags.${name}`)}
              placeholder={t("flags.everybody")}
              value={rule[name]}
              onChange={(text) => change(rule.id, { [name]: text })}
              isMono
            />
          ))}
          <div>
            <Button
              size="sm"
              variant="quiet"
              icon={<Trash2 aria-hidden />}
              onPress={() => onChange(rules.filter(({ id }) => id !== rule.id))}
            >
              {t("flags.removeRule", { number: index + 1 })}
            </Button>
          </div>
        </div>
      ))}
      <div>
        <Button size="sm" icon={<Plus aria-hidden />} onPress={() => onChange([...rules, { id: nextId(), ...fresh }])}>
          {t("flags.addRule")}
        </Button>
      </div>
    </FormSection>
  );
}
