// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Forms: what the server refuses stands at the field it is about, and once more at the top. */
import { useEffect, useMemo, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Form as AriaForm } from "react-aria-components";

import { problemOf, type Problem } from "@/lib/problems";

import { TextLink } from "./button";
import styles from "./form.module.css";
import { ProblemBanner } from "./states";
import { useKitText } from "./text";

/** "body.address.city" is the field that is named address.city. */
export function fieldOf(path: string): string {
  return path.replace(/^(?:body|query|path)\./, "");
}

export function errorsByField(problem: Problem | null | undefined): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { path, message } of problem?.errors ?? []) (found[fieldOf(path ?? "")] ??= []).push(message);
  return found;
}

export interface FormProps {
  onSubmit: (values: FormData, event: FormEvent<HTMLFormElement>) => void | Promise<unknown>;
  /** Whatever the request threw. */
  problem?: unknown;
  children: ReactNode;
  id?: string;
  /** Names of the fields as people read them, for the list at the top. */
  names?: Record<string, string>;
  autoComplete?: "on" | "off";
}

export function Form({ onSubmit, problem: thrown, children, id, names, autoComplete }: FormProps) {
  const problem = useMemo(() => (thrown ? problemOf(thrown) : null), [thrown]);
  const [typed, setTyped] = useState<{ problem: Problem | null; names: readonly string[] }>({ problem, names: [] });
  const errors = useMemo(() => {
    const told = Object.entries(errorsByField(problem));
    const since = typed.problem === problem ? typed.names : [];
    return Object.fromEntries(told.filter(([name]) => !since.includes(name)));
  }, [problem, typed]);
  // at once, and not when the field is left: what it says would go from under the press on Save
  const type = ({ target }: FormEvent) => {
    const name = target instanceof Element ? target.getAttribute("name") : null;
    if (name === null || !(name in errors)) return;
    setTyped((now) => ({ problem, names: [...(now.problem === problem ? now.names : []), name] }));
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void onSubmit(new FormData(event.currentTarget), event);
  };
  return (
    <AriaForm id={id} className={styles.form} validationErrors={errors} onSubmit={submit} autoComplete={autoComplete}>
      <div className={styles.contents} onInput={type}>
        {problem && <FormErrors problem={problem} names={names} />}
        {children}
      </div>
    </AriaForm>
  );
}

/** What is wrong, once more and in one place; each line leads to its field. */
export function FormErrors({ problem, names }: { problem: Problem; names?: Record<string, string> }) {
  const t = useKitText();
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<Problem | null>(null);
  useEffect(() => {
    if (seen === problem) return;
    setSeen(problem);
    place.current?.focus();
  }, [seen, problem]);
  const lead = (field: string) => {
    const found = place.current?.closest("form")?.elements.namedItem(field);
    const element = found instanceof RadioNodeList ? found[0] : found;
    if (element instanceof HTMLElement) element.focus();
  };
  return (
    <div ref={place} tabIndex={-1} className={styles.errors}>
      <ProblemBanner problem={problem} isBrief={problem.errors.length > 0} />
      {problem.errors.length > 0 && (
        <ul aria-label={t("form.errors")} className={styles.list}>
          {problem.errors.map(({ path, message }, index) => (
            <li key={index}>
              <TextLink onPress={() => lead(fieldOf(path ?? ""))}>
                {names?.[fieldOf(path ?? "")] ?? fieldOf(path ?? "")}
              </TextLink>
              {": "}
              {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export interface FormActionsProps {
  children: ReactNode;
  /** At the start, away from the others: such as Delete. */
  start?: ReactNode;
}

export function FormActions({ children, start }: FormActionsProps) {
  return (
    <div className={styles.actions}>
      {start && <div className={styles.start}>{start}</div>}
      {children}
    </div>
  );
}

/** Fields that belong together, with a heading. */
export function FormSection({
  title,
  description,
  children,
}: {
  title: string;
  description?: ReactNode;
  children: ReactNode;
}) {
  return (
    <fieldset className={styles.section}>
      <legend className={styles.legend}>{title}</legend>
      {description && <p className={styles.description}>{description}</p>}
      {children}
    </fieldset>
  );
}
