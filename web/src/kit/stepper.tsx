// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The steps of a wizard: which are done, which one it is, which come. */
import { Check } from "lucide-react";

import { cx } from "./cx";
import styles from "./stepper.module.css";
import { useKitText } from "./text";

export interface Step<Id extends string = string> {
  id: Id;
  label: string;
}

export interface StepperProps<Id extends string = string> {
  steps: readonly Step<Id>[];
  current: Id;
  /** Back to a step that is done; what was entered there is still there (WCAG 3.3.7). */
  onStep?: (id: Id) => void;
  label?: string;
}

export function Stepper<Id extends string = string>({ steps, current, onStep, label }: StepperProps<Id>) {
  const t = useKitText();
  const here = steps.findIndex(({ id }) => id === current);
  return (
    <nav aria-label={label ?? t("stepper.label")} className={styles.stepper}>
      <p className={styles.position}>{t("stepper.position", { step: here + 1, total: steps.length })}</p>
      <ol className={styles.steps}>
        {steps.map(({ id, label: text }, index) => {
          const isDone = index < here;
          const inside = (
            <>
              <span className={styles.mark}>
                {isDone ? <Check aria-hidden /> : <span aria-hidden>{index + 1}</span>}
              </span>
              <span className={styles.label}>{text}</span>
              {isDone && <span className="visually-hidden"> ({t("stepper.done")})</span>}
            </>
          );
          return (
            <li
              key={id}
              aria-current={index === here ? "step" : undefined}
              className={cx(styles.step, isDone && styles.done, index === here && styles.here)}
            >
              {isDone && onStep ? (
                <button type="button" className={styles.inside} onClick={() => onStep(id)}>
                  {inside}
                </button>
              ) : (
                <span className={styles.inside}>{inside}</span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
