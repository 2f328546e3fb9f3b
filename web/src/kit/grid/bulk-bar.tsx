// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be done with what is selected. */
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { Button, IconButton } from "@/kit/button";
import styles from "@/kit/grid/bulk-bar.module.css";
import { NOTHING_SELECTED, type GridSelection } from "@/kit/grid/types";
import { useKitText } from "@/kit/text";

export interface BulkBarProps {
  selection: GridSelection;
  onSelection: (selection: GridSelection) => void;
  /** How many match; then all of them can be selected. */
  total?: number | null;
  /** Buttons. */
  children: ReactNode;
}

export function BulkBar({ selection, onSelection, total, children }: BulkBarProps) {
  const t = useKitText();
  const { ids, isAll } = selection;
  const count = isAll ? (total ?? ids.size) : ids.size;
  const canSelectAll = !isAll && total !== undefined && total !== null && total > ids.size;
  return (
    <>
      <span role="status" className="visually-hidden">
        {count > 0 && t(isAll ? "bulk.all" : "bulk.selected", { count })}
      </span>
      {count > 0 && (
        <section aria-label={t("bulk.label")} className={styles.bar}>
          <span className={styles.count}>{t(isAll ? "bulk.all" : "bulk.selected", { count })}</span>
          {canSelectAll && (
            <Button size="sm" variant="quiet" onPress={() => onSelection({ ids: new Set(), isAll: true })}>
              {t("grid.selectMatching", { count: total })}
            </Button>
          )}
          <div className={styles.actions}>{children}</div>
          <IconButton
            size="sm"
            label={t("bulk.clear")}
            icon={<X aria-hidden />}
            onPress={() => onSelection(NOTHING_SELECTED)}
          />
        </section>
      )}
    </>
  );
}
