// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Words with values in them, and beside them how a message looks then. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { NotificationKind, TemplateBody } from "@/api/types.gen";
import { queries } from "@/lib/queries";
import styles from "@/features/alerts/alerts.module.css";
import { placeOf, withInserted, type Text } from "@/features/alerts/text-model";
import { previewQuery, saveText, textQuery } from "@/features/alerts/texts-api";
import {
  Banner,
  Button,
  Card,
  Conflict,
  errorsByField,
  ErrorState,
  Form,
  FormActions,
  FormSection,
  Skeleton,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { isConflict, type Edited } from "@/lib/edited";
import { problemOf } from "@/lib/problems";

const PAUSE_MS = 300;
const SUBJECT_MAX = 500;
const TEXT_MAX = 10_000;
type Field = keyof TemplateBody;

/** What it is once the typing pauses. */
function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function wordsOf({ item: { subject, text } }: Edited<Text>): TemplateBody {
  return { subject, text };
}

interface TextEditorProps {
  kind: NotificationKind;
  loaded: Edited<Text>;
  mayWrite: boolean;
}

export function TextEditor({ kind, loaded: newest, mayWrite }: TextEditorProps) {
  const { t } = useTranslation("texts");
  const [loaded, setLoaded] = useState(newest);
  const [words, setWords] = useState(() => wordsOf(newest));
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [isConflicting, setConflicting] = useState(false);
  const asked = useSettled(words);
  const isUsable = asked.subject !== "" && asked.text !== "";
  const preview = useQuery({ ...previewQuery(kind.kind, asked), enabled: isUsable });
  const isChanged = words.subject !== loaded.item.subject || words.text !== loaded.item.text;
  const show = (next: Edited<Text>) => {
    setLoaded(next);
    setWords(wordsOf(next));
  };
  // what somebody else changed is not put under what is being edited: saving then tells of it
  if (newest !== loaded && !isChanged) show(newest);
  const save = async (etag: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      show(await saveText(loaded.item, words, etag));
      setConflicting(false);
      toast({ tone: "success", title: t("form.saved") });
    } catch (error) {
      if (isConflict(error)) {
        const { kind: id, language } = loaded.item;
        await queries.invalidateQueries({ queryKey: textQuery(id, language).queryKey });
        setConflicting(true);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (isConflicting) {
    const theirs = wordsOf(newest);
    return (
      <Card title={t("form.title")}>
        <Conflict
          isPending={isPending}
          fields={(["subject", "text"] as const).map((name) => {
            return { label: t(`form.${name}`), mine: words[name], theirs: theirs[name] };
          })}
          onKeepTheirs={() => {
            show(newest);
            setConflicting(false);
          }}
          onSaveMine={() => void save(newest.etag)}
        />
      </Card>
    );
  }
  const refused = preview.error && isUsable ? problemOf(preview.error) : null;
  return (
    <div className={styles.columns}>
      <Card title={t("form.title")}>
        <Form
          onSubmit={() => save(loaded.etag)}
          problem={problem}
          names={{ subject: t("form.subject"), text: t("form.text") }}
          autoComplete="off"
        >
          <Fields
            kind={kind}
            words={words}
            errors={errorsByField(refused)}
            onChange={mayWrite ? setWords : undefined}
          />
          {isChanged && (
            <FormActions>
              <Button onPress={() => setWords(wordsOf(loaded))}>{t("form.discard")}</Button>
              <Button type="submit" variant="primary" isPending={isPending}>
                {t("form.save")}
              </Button>
            </FormActions>
          )}
        </Form>
      </Card>
      <Card title={t("preview.title")} description={t("preview.text")}>
        {refused && refused.errors.length === 0 ? (
          <ErrorState isCompact problem={refused} onRetry={() => void preview.refetch()} />
        ) : refused || !isUsable ? (
          <p className="soft">{t("preview.waits")}</p>
        ) : preview.data ? (
          <div className={styles.sheet} dir="auto">
            <p className={styles.subject}>{preview.data.subject}</p>
            <p className={styles.body}>{preview.data.text}</p>
          </div>
        ) : (
          <Skeleton lines={4} />
        )}
      </Card>
    </div>
  );
}

interface FieldsProps {
  kind: NotificationKind;
  words: TemplateBody;
  /** What is wrong with them, as far as it was tried. */
  errors: Record<string, string[]>;
  /** Without it they are only read. */
  onChange?: (words: TemplateBody) => void;
}

function Fields({ kind, words, errors, onChange }: FieldsProps) {
  const { t } = useTranslation("texts");
  const subject = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const last = useRef<Field>("text");
  const insert = (name: string) => {
    const field = last.current;
    const element = field === "subject" ? subject.current : text.current;
    if (!element) return;
    const { selectionStart, selectionEnd } = element;
    const end = words[field].length;
    const done = withInserted(words[field], selectionStart ?? end, selectionEnd ?? end, placeOf(name));
    onChange?.({ ...words, [field]: done.text });
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(done.cursor, done.cursor);
    });
  };
  const common = (name: Field) => ({
    name,
    label: t(`form.${name}`),
    value: words[name],
    onChange: (value: string) => onChange?.({ ...words, [name]: value }),
    onFocus: () => {
      last.current = name;
    },
    error: errors[name]?.join(" "),
    isReadOnly: !onChange,
    isRequired: true,
    isMono: true,
    dir: "auto",
  });
  return (
    <>
      {!onChange && <Banner tone="info" title={t("form.readOnly")} live="off" />}
      <TextField
        {...common("subject")}
        description={t("form.subjectText")}
        maxLength={SUBJECT_MAX}
        inputRef={subject}
      />
      <TextArea {...common("text")} rows={8} maxLength={TEXT_MAX} inputRef={text} />
      <FormSection title={t("values.title")} description={t("values.text")}>
        <ul className={styles.values} aria-label={t("values.title")}>
          {kind.values.map(({ name, description }) => {
            const place = (
              <code dir="ltr" className="mono">
                {placeOf(name)}
              </code>
            );
            return (
              <li key={name}>
                {onChange ? (
                  <Button size="sm" aria-label={t("values.add", { name: placeOf(name) })} onPress={() => insert(name)}>
                    {place}
                  </Button>
                ) : (
                  place
                )}
                <span className="soft">{t(`values.about.${name}`, { defaultValue: description })}</span>
              </li>
            );
          })}
        </ul>
      </FormSection>
    </>
  );
}
