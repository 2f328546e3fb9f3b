// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Permissions: what they are about below each other, their kinds beside each other. */
import { Check, MapPin, Minus } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { PermissionItem } from "@/api/types.gen";
import { actionOf, KINDS, sectionsOf, type Kind, type Subject } from "@/features/people/permissions";
import styles from "@/features/people/people.module.css";
import { Checkbox } from "@/kit";

export interface MatrixProps {
  all: readonly PermissionItem[];
  chosen: ReadonlySet<string>;
  /** Left out: it is read only. */
  onChange?: (chosen: Set<string>) => void;
  /** What whoever chooses may give; the rest stands still. */
  givable?: ReadonlySet<string>;
}

export function Matrix({ all, chosen, onChange, givable }: MatrixProps) {
  const { t } = useTranslation("roles");
  const { t: common } = useTranslation();
  const sections = useMemo(() => sectionsOf(all.map(({ name }) => name)), [all]);
  const placed = useMemo(() => new Set(all.filter((each) => each.place_bound).map(({ name }) => name)), [all]);
  return (
    <div className={styles.matrix}>
      {sections.map(({ id, subjects }) => {
        const title = common(`groups.${id}`);
        return (
          <div key={id}>
            <h3>{title}</h3>
            <table className={styles.matrixTable} aria-label={title}>
              <thead>
                <tr>
                  <th scope="col">{t("matrix.about")}</th>
                  {KINDS.map((kind) => (
                    <th key={kind} scope="col">
                      {t(`matrix.${kind}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {subjects.map((subject) => (
                  <Row
                    key={subject.name}
                    subject={subject}
                    chosen={chosen}
                    onChange={onChange}
                    givable={givable}
                    placed={placed}
                  />
                ))}
              </tbody>
            </table>
          </div>
        );
      })}
      {placed.size > 0 && (
        <p className="soft">
          <MapPin aria-hidden size={14} /> {t("matrix.placed")}
        </p>
      )}
    </div>
  );
}

interface RowProps extends Pick<MatrixProps, "chosen" | "onChange" | "givable"> {
  subject: Subject;
  placed: ReadonlySet<string>;
}

function useSubjectName(): (name: string) => string {
  const { t } = useTranslation("roles");
  return (name) => t(`subjects.${name.replace(":", "_")}`, { defaultValue: name });
}

function Row({ subject, chosen, onChange, givable, placed }: RowProps) {
  const { t } = useTranslation("roles");
  const about = useSubjectName()(subject.name);
  const toggle = (permission: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(permission);
    else next.delete(permission);
    onChange?.(next);
  };
  const cell = (kind: Kind) =>
    subject.permissions[kind].map((permission) => {
      const action = t(`actions.${actionOf(permission)}`, { defaultValue: actionOf(permission) });
      const words = (
        <>
          {action} {placed.has(permission) && <MapPin aria-label={t("matrix.atPlaces")} size={12} />}
        </>
      );
      const isChosen = chosen.has(permission);
      if (!onChange) {
        return (
          <span key={permission} className={isChosen ? styles.allowed : styles.refused}>
            {isChosen ? (
              <Check role="img" aria-label={t("matrix.allowed")} />
            ) : (
              <Minus role="img" aria-label={t("matrix.refused")} />
            )}
            <span>{words}</span>
          </span>
        );
      }
      return (
        <Checkbox
          key={permission}
          isSelected={isChosen}
          isDisabled={givable && !givable.has(permission)}
          onChange={(isOn) => toggle(permission, isOn)}
        >
          <span className="visually-hidden">{about}: </span>
          {words}
        </Checkbox>
      );
    });
  return (
    <tr>
      <th scope="row">{about}</th>
      {KINDS.map((kind) => (
        <td key={kind}>
          {subject.permissions[kind].length > 0 && (
            <div className={styles.cell}>
              <span className={styles.columnName} aria-hidden>
                {t(`matrix.${kind}`)}
              </span>
              {cell(kind)}
            </div>
          )}
        </td>
      ))}
    </tr>
  );
}
