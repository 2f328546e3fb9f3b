// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A template that is made, or changed: its keys and their values. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ClipboardPaste, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createConfigurationTemplate, listChargerConfiguration } from "@/api/sdk.gen";
import { changeTemplate, templateQuery, templatesChanged, type Template } from "@/features/templates/api";
import {
  entriesOf,
  faultsOf,
  generationOf,
  newEntry,
  readLines,
  templatePath,
  valuesOf,
  type Entry,
  type Fault,
} from "@/features/templates/model";
import styles from "@/features/templates/templates.module.css";
import {
  Banner,
  Button,
  ComboBox,
  Conflict,
  DialogActions,
  Form,
  FormSection,
  IconButton,
  Panel,
  ProblemBanner,
  TextArea,
  TextField,
  toast,
  type Option,
} from "@/kit";
import { findChargers } from "@/lib/chargers";
import { isConflict, useBegun } from "@/lib/edited";
import { textOf } from "@/lib/forms";

const MOST = 200;
const PAGE = 500;

interface Body {
  name: string;
  description: string | null;
  values: Record<string, string>;
}

interface TemplateFormProps {
  template?: Template;
  etag?: string | null;
  onDone: () => void;
}

export function TemplateForm({ template, etag = null, onDone }: TemplateFormProps) {
  const { t } = useTranslation("templates");
  const begun = useBegun(etag);
  const queries = useQueryClient();
  const [entries, setEntries] = useState<Entry[]>(() => (template ? entriesOf(template.values) : [newEntry()]));
  const [shows, setShows] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<Body | null>(null);
  const faults = faultsOf(entries);
  const values = valuesOf(entries);
  const count = Object.keys(values).length;
  const save = async (body: Body, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const saved = template
        ? await changeTemplate(template.id, body, version)
        : (await createConfigurationTemplate({ body, throwOnError: true })).data;
      templatesChanged();
      toast({
        tone: "success",
        title: t(template ? "form.saved" : "form.added", { name: saved.name }),
        action: {
          label: t(template ? "actions.apply" : "actions.open"),
          to: placeOf(saved.id, template !== undefined),
        },
      });
      onDone();
    } catch (error) {
      if (template && isConflict(error)) {
        await queries.invalidateQueries({ queryKey: templateQuery(template.id).queryKey });
        setMine(body);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (template && mine) {
    return (
      <Differences
        template={template}
        mine={mine}
        isPending={isPending}
        onKeep={onDone}
        onSave={() => void save(mine, etag)}
      />
    );
  }
  const submit = (fields: FormData) => {
    setShows(true);
    if (faults.size || count === 0 || count > MOST) return;
    const description = textOf(fields, "description").trim() || null;
    return save({ name: textOf(fields, "name").trim(), description, values }, begun);
  };
  const names = { name: t("columns.name"), description: t("form.description"), values: t("form.keys") };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField
        label={t("columns.name")}
        name="name"
        defaultValue={template?.name}
        isRequired
        autoFocus
        maxLength={100}
      />
      <TextArea
        label={t("form.description")}
        name="description"
        defaultValue={template?.description ?? ""}
        rows={2}
        maxLength={500}
      />
      <FormSection title={t("form.keys")} description={t("form.keysText")}>
        <Entries entries={entries} onChange={setEntries} faults={faults} />
        {generationOf(Object.keys(values)) === "mixed" && (
          <Banner tone="warning" live="off" title={t("form.mixed")}>
            {t("form.mixedText")}
          </Banner>
        )}
        {shows && count === 0 && <Banner tone="danger" live="alert" title={t("form.none")} />}
        {count > MOST && <Banner tone="danger" live="alert" title={t("form.tooMany", { number: MOST })} />}
      </FormSection>
      <DialogActions>
        <Button onPress={onDone}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {template ? t("form.save") : t("form.add")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function placeOf(id: string, isKnown: boolean): string {
  return isKnown ? `/templates/apply?template=${encodeURIComponent(id)}` : templatePath(id);
}

interface EntriesProps {
  entries: readonly Entry[];
  onChange: (entries: Entry[]) => void;
  faults: ReadonlyMap<string, Fault>;
}

function Entries({ entries, onChange, faults }: EntriesProps) {
  const { t } = useTranslation("templates");
  const [adds, setAdds] = useState<"lines" | "charger" | null>(null);
  const change = (id: string, part: Partial<Entry>) =>
    onChange(entries.map((each) => (each.id === id ? { ...each, ...part } : each)));
  const join = (more: Entry[]) => {
    const there = new Set(more.map(({ key }) => key.toLowerCase()));
    const kept = entries.filter(({ key }) => key.trim() !== "" && !there.has(key.trim().toLowerCase()));
    onChange([...kept, ...more]);
    setAdds(null);
  };
  return (
    <Panel>
      <ol className={styles.entries} aria-label={t("form.keys")}>
        {entries.map(({ id, key, value }, index) => {
          const fault = faults.get(id);
          const isOfKey = fault === "missing" || fault === "twice" || fault === "secret";
          return (
            <li key={id} className={styles.entry}>
              <TextField
                label={t("form.key")}
                isMono
                value={key}
                onChange={(next) => change(id, { key: next })}
                maxLength={500}
                error={fault && isOfKey ? t(`fault.${fault}`) : undefined}
              />
              <TextField
                label={t("form.value")}
                isMono
                value={value}
                onChange={(next) => change(id, { value: next })}
                maxLength={2500}
                error={fault && !isOfKey ? t(`fault.${fault}`) : undefined}
              />
              <IconButton
                label={t("form.remove", { key: key || String(index + 1) })}
                icon={<Trash2 aria-hidden />}
                onPress={() => onChange(entries.filter((each) => each.id !== id))}
              />
            </li>
          );
        })}
      </ol>
      <div className={styles.tools}>
        <Button size="sm" icon={<Plus aria-hidden />} onPress={() => onChange([...entries, newEntry()])}>
          {t("form.addKey")}
        </Button>
        <Button
          size="sm"
          icon={<ClipboardPaste aria-hidden />}
          aria-expanded={adds === "lines"}
          onPress={() => setAdds(adds === "lines" ? null : "lines")}
        >
          {t("lines.action")}
        </Button>
        <Button
          size="sm"
          aria-expanded={adds === "charger"}
          onPress={() => setAdds(adds === "charger" ? null : "charger")}
        >
          {t("copy.action")}
        </Button>
      </div>
      {adds === "lines" && <Lines onTake={join} />}
      {adds === "charger" && <Copy onTake={join} />}
    </Panel>
  );
}

function Lines({ onTake }: { onTake: (entries: Entry[]) => void }) {
  const { t } = useTranslation("templates");
  const [text, setText] = useState("");
  const found = readLines(text);
  return (
    <Panel>
      <TextArea
        label={t("lines.label")}
        description={t("lines.text")}
        value={text}
        onChange={setText}
        rows={5}
        isMono
        autoFocus
      />
      <div className={styles.tools}>
        <Button size="sm" isDisabled={!found.length} onPress={() => onTake(found)}>
          {t("lines.take", { count: found.length })}
        </Button>
      </div>
    </Panel>
  );
}

/** What a charger has and lets be set, without what is its own. */
function Copy({ onTake }: { onTake: (entries: Entry[]) => void }) {
  const { t } = useTranslation("templates");
  const [charger, setCharger] = useState<Option | null>(null);
  const id = charger?.id;
  const { data, error } = useQuery({
    queryKey: ["templates", "copy", id],
    queryFn: async ({ signal }) => {
      const query = { limit: PAGE, readonly: ["false"] };
      const path = { charger_id: id ?? "" };
      const { data: page } = await listChargerConfiguration({ path, query, signal, throwOnError: true });
      const entries = page.items.flatMap(({ key, value }) => (value === null ? [] : [newEntry(key, value)]));
      const faults = faultsOf(entries);
      return entries.filter((entry) => faults.get(entry.id) !== "secret");
    },
    enabled: id !== undefined,
  });
  return (
    <Panel>
      <ComboBox
        label={t("copy.charger")}
        description={t("copy.text")}
        load={findChargers}
        selected={charger}
        onChange={(_, option) => setCharger(option)}
      />
      {error && <ProblemBanner problem={error} />}
      {data && (
        <div className={styles.tools}>
          <Button size="sm" isDisabled={!data.length} onPress={() => onTake(data)}>
            {t("lines.take", { count: data.length })}
          </Button>
        </div>
      )}
    </Panel>
  );
}

interface DifferencesProps {
  template: Template;
  mine: Body;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Differences({ template, mine, isPending, onKeep, onSave }: DifferencesProps) {
  const { t } = useTranslation("templates");
  const { data } = useQuery(templateQuery(template.id));
  const theirs = data?.item ?? template;
  const keys = [...new Set([...Object.keys(mine.values), ...Object.keys(theirs.values)])].toSorted();
  const fields = [
    { label: t("columns.name"), mine: mine.name, theirs: theirs.name },
    { label: t("form.description"), mine: mine.description ?? "", theirs: theirs.description ?? "" },
    ...keys.map((key) => ({ label: key, mine: mine.values[key] ?? "–", theirs: theirs.values[key] ?? "–" })),
  ];
  return <Conflict fields={fields} onKeepTheirs={onKeep} onSaveMine={onSave} isPending={isPending} />;
}
