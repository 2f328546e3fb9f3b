// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A rule that is made, or changed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createAlertRule } from "@/api/sdk.gen";
import type { AlertKind, AlertRule } from "@/api/types.gen";
import styles from "@/features/alerts/alerts.module.css";
import { SEVERITIES } from "@/features/alerts/model";
import { QuietEditor } from "@/features/alerts/quiet";
import {
  conditionOf,
  draftOf,
  initialOf,
  isMissing,
  parametersOf,
  scopeOf,
  wordsOf,
  type Draft,
  type Parameter,
  type Values,
} from "@/features/alerts/rule-model";
import {
  changeRule,
  channelsQuery,
  findGroups,
  findSites,
  kindsQuery,
  placesQuery,
  ruleQuery,
  rulesChanged,
} from "@/features/alerts/rules-api";
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Conflict,
  DialogActions,
  ErrorState,
  Form,
  FormSection,
  Loading,
  MultiSelect,
  NumberField,
  Select,
  Skeleton,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { findChargers } from "@/lib/chargers";
import { isConflict, useBegun } from "@/lib/edited";
import { useMay } from "@/lib/me";

const LONGEST_S = 2_592_000;
const NAME_MAX = 100;

interface RuleFormProps {
  rule?: AlertRule;
  etag?: string | null;
  onDone: () => void;
}

export function RuleForm(props: RuleFormProps) {
  const { data: kinds, error, refetch } = useQuery(kindsQuery);
  if (kinds) return <Fields {...props} kinds={kinds} />;
  if (error) return <ErrorState isCompact problem={error} onRetry={() => void refetch()} />;
  return (
    <Loading>
      <Skeleton lines={8} />
    </Loading>
  );
}

function useSaving({ rule, etag = null, onDone }: RuleFormProps) {
  const begun = useBegun(etag);
  const { t } = useTranslation("alert-rules");
  const queries = useQueryClient();
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [theirs, setTheirs] = useState<{ item: AlertRule; etag: string | null } | null>(null);
  const save = async (body: Parameters<typeof createAlertRule>[0]["body"]) => {
    setPending(true);
    setProblem(null);
    try {
      if (rule) await changeRule(rule.id, body, theirs?.etag ?? begun);
      else await createAlertRule({ body, throwOnError: true });
      rulesChanged();
      toast({ tone: "success", title: t("form.saved", { name: body.name }) });
      onDone();
    } catch (error) {
      if (rule && isConflict(error)) setTheirs(await queries.fetchQuery(ruleQuery(rule.id)));
      else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return { problem, isPending, theirs, save };
}

function Fields({ kinds, ...props }: RuleFormProps & { kinds: readonly AlertKind[] }) {
  const { rule, onDone } = props;
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const { t: kit } = useTranslation("kit");
  const [kind, setKind] = useState(rule?.kind ?? "offline");
  const [draft, setDraft] = useState<Draft>(() => draftOf(rule));
  const known = kinds.find((each) => each.kind === kind);
  const parameters = parametersOf(known?.parameters ?? {});
  const [values, setValues] = useState<Values>(() => ({ ...initialOf(parameters), ...rule?.condition }));
  const { problem, isPending, theirs, save } = useSaving(props);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const choose = (next: string) => {
    setKind(next);
    setValues(initialOf(parametersOf(kinds.find((each) => each.kind === next)?.parameters ?? {})));
  };
  const isGroupable = known !== undefined && known.scoped && !known.by_event;
  const body = {
    ...draft,
    name: draft.name.trim(),
    condition: conditionOf(kind, parameters, values),
    scope: known?.scoped ? scopeOf(draft) : {},
    clear_after_s: draft.clear_after_s ?? 0,
    group_over: isGroupable ? draft.group_over : null,
    group_within_s: draft.group_within_s ?? 120,
  };
  const { chargers: _chargers, sites: _sites, groups: _groups, ...sent } = body;
  const isIncomplete = !sent.name || parameters.some((each) => isMissing(each, values[each.name]));
  const names = {
    name: t("columns.name"),
    condition: alerts("columns.cause"),
    scope: t("columns.scope"),
    channels: t("tabs.channels"),
    quiet_hours: t("quiet.title"),
  };
  if (theirs) {
    const lines = [
      [t("columns.name"), sent.name, theirs.item.name],
      [alerts("columns.cause"), JSON.stringify(sent.condition), JSON.stringify(theirs.item.condition)],
      [t("columns.scope"), JSON.stringify(sent.scope), JSON.stringify(theirs.item.scope)],
      [alerts("columns.severity"), kit(`severity.${sent.severity}`), kit(`severity.${theirs.item.severity}`)],
      [t("tabs.channels"), String(sent.channels.length), String(theirs.item.channels.length)],
      [t("quiet.title"), JSON.stringify(sent.quiet_hours), JSON.stringify(theirs.item.quiet_hours)],
      [
        alerts("columns.status"),
        t(sent.enabled ? "state.on" : "state.off"),
        t(theirs.item.enabled ? "state.on" : "state.off"),
      ],
    ] as const;
    return (
      <Conflict
        fields={lines.map(([label, mine, other]) => ({ label, mine, theirs: other }))}
        onKeepTheirs={onDone}
        onSaveMine={() => void save(sent)}
        isPending={isPending}
      />
    );
  }
  return (
    <Form onSubmit={() => save(sent)} problem={problem} names={names} autoComplete="off">
      <TextField
        label={t("columns.name")}
        name="name"
        value={draft.name}
        onChange={(name) => change({ name })}
        maxLength={NAME_MAX}
        isRequired
        autoFocus
      />
      <div className={styles.fields}>
        <Select
          label={alerts("columns.cause")}
          options={kinds.map(({ kind: id }) => ({ id, label: alerts(`kinds.${id}`, { defaultValue: id }) }))}
          selected={kind}
          onChange={choose}
          isDisabled={rule !== undefined}
          description={rule ? t("form.kindStays") : t(`about.${kind}`, { defaultValue: known?.description })}
        />
        <Select
          label={alerts("columns.severity")}
          options={SEVERITIES.map((id) => ({ id, label: kit(`severity.${id}`) }))}
          selected={draft.severity}
          onChange={(severity) => change({ severity })}
        />
      </div>
      {parameters.length > 0 && (
        <FormSection title={t("form.condition")}>
          <div className={styles.fields}>
            {parameters.map((each) => (
              <ParameterField
                key={`${kind} ${each.name}`}
                parameter={each}
                value={values[each.name]}
                onChange={(value) => setValues((now) => ({ ...now, [each.name]: value }))}
              />
            ))}
          </div>
        </FormSection>
      )}
      {known?.scoped && <Scope draft={draft} onChange={change} />}
      <Telling draft={draft} onChange={change} />
      {isGroupable && <Outages draft={draft} onChange={change} />}
      <Checkbox isSelected={draft.enabled} onChange={(enabled) => change({ enabled })}>
        {t("form.enabled")}
      </Checkbox>
      <DialogActions>
        <Button onPress={onDone}>{alerts("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending} isDisabled={isIncomplete}>
          {t("form.save")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface ParameterFieldProps {
  parameter: Parameter;
  value: unknown;
  onChange: (value: unknown) => void;
}

function ParameterField({ parameter, value, onChange }: ParameterFieldProps) {
  const { t } = useTranslation("alert-rules");
  const { name, kind, min, max, choices, mayBeEmpty } = parameter;
  const label = t(`parameters.${name}`, { defaultValue: name });
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const [text, setText] = useState(chosen.join("\n"));
  switch (kind) {
    case "number":
      return (
        <NumberField
          label={label}
          unit={name.endsWith("_s") ? "s" : name.endsWith("_percent") ? "%" : name.endsWith("_h") ? "h" : undefined}
          value={typeof value === "number" ? value : null}
          onChange={onChange}
          minValue={min}
          maxValue={max}
          isRequired
        />
      );
    case "boolean":
      return (
        <Checkbox isSelected={value === true} onChange={onChange}>
          {label}
        </Checkbox>
      );
    case "choices":
      return (
        <CheckboxGroup
          label={label}
          options={(choices ?? []).map((id) => ({ id, label: t(`outcomes.${id}`, { defaultValue: id }) }))}
          selected={chosen}
          onChange={onChange}
          isRequired={!mayBeEmpty}
        />
      );
    case "words":
      return (
        <TextArea
          label={label}
          description={t(mayBeEmpty ? "form.linesOrAll" : "form.lines")}
          value={text}
          onChange={(next) => {
            setText(next);
            onChange(wordsOf(next));
          }}
          rows={4}
          isMono
          isRequired={!mayBeEmpty}
        />
      );
  }
}

interface SectionProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

function Scope({ draft, onChange }: SectionProps) {
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const may = useMay();
  const { chargers, sites, groups } = draft;
  const names = useQuery(placesQuery({ sites: sites.length > 0, groups: groups.length > 0 })).data;
  const [kept, setKept] = useState<ReadonlyMap<string, string>>(new Map());
  const optionsOf = (ids: readonly string[]) => ids.map((id) => ({ id, label: kept.get(id) ?? names?.get(id) ?? id }));
  const keep = (options: readonly { id: string; label: string }[]) =>
    setKept((now) => new Map([...now, ...options.map(({ id, label }) => [id, label] as const)]));
  return (
    <FormSection title={t("columns.scope")} description={t("scope.text")}>
      {may("site:site:read") && (
        <MultiSelect
          label={t("scope.sitesLabel")}
          load={findSites}
          selected={optionsOf(sites)}
          onChange={(ids, options) => {
            keep(options);
            onChange({ sites: ids });
          }}
        />
      )}
      {may("charger:group:read") && (
        <MultiSelect
          label={t("scope.groupsLabel")}
          load={findGroups}
          selected={optionsOf(groups)}
          onChange={(ids, options) => {
            keep(options);
            onChange({ groups: ids });
          }}
        />
      )}
      {may("charger:charger:read") && (
        <MultiSelect
          label={alerts("columns.chargers")}
          load={findChargers}
          selected={chargers.map((id) => ({ id, label: id }))}
          onChange={(ids) => onChange({ chargers: ids })}
        />
      )}
    </FormSection>
  );
}

function Telling({ draft, onChange }: SectionProps) {
  const { t } = useTranslation("alert-rules");
  const may = useMay();
  const all = useQuery({ ...channelsQuery, enabled: may("notification:channel:read") }).data;
  return (
    <FormSection title={t("form.messages")} description={t("form.messagesText")}>
      {all !== undefined &&
        (all.length ? (
          <CheckboxGroup
            label={t("tabs.channels")}
            options={all.map(({ id, name, target }) => ({ id, label: name, description: target }))}
            selected={draft.channels}
            onChange={(channels) => onChange({ channels })}
          />
        ) : (
          <p className="soft">{t("form.noChannel")}</p>
        ))}
      <Checkbox isSelected={draft.notify_resolved} onChange={(on) => onChange({ notify_resolved: on })}>
        {t("form.notifyResolved")}
      </Checkbox>
      <div className={styles.fields}>
        <NumberField
          label={t("form.renotify")}
          description={t("form.renotifyText")}
          unit="s"
          value={draft.renotify_after_s}
          onChange={(seconds) => onChange({ renotify_after_s: seconds })}
          minValue={60}
          maxValue={LONGEST_S}
        />
        <NumberField
          label={t("form.clear")}
          unit="s"
          value={draft.clear_after_s}
          onChange={(seconds) => onChange({ clear_after_s: seconds })}
          minValue={0}
          maxValue={LONGEST_S}
          isRequired
        />
      </div>
      <Checkbox isSelected={draft.auto_resolve} onChange={(on) => onChange({ auto_resolve: on })}>
        {t("form.autoResolve")}
      </Checkbox>
      <QuietEditor quiet={draft.quiet_hours} onChange={(quiet) => onChange({ quiet_hours: quiet })} />
    </FormSection>
  );
}

function Outages({ draft, onChange }: SectionProps) {
  const { t } = useTranslation("alert-rules");
  return (
    <FormSection title={t("form.outages")} description={t("form.outagesText")}>
      <div className={styles.fields}>
        <NumberField
          label={t("form.groupOver")}
          value={draft.group_over}
          onChange={(count) => onChange({ group_over: count })}
          minValue={2}
          maxValue={100_000}
        />
        <NumberField
          label={t("form.groupWithin")}
          unit="s"
          value={draft.group_within_s}
          onChange={(seconds) => onChange({ group_within_s: seconds })}
          minValue={1}
          maxValue={86_400}
          isRequired
        />
      </div>
    </FormSection>
  );
}
