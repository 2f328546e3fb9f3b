// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Which columns are shown, and how wide: for mouse and keyboard alike. Loaded when somebody asks for it. */
import { Minus, Plus } from "lucide-react";
import type { RefObject } from "react";

import { Button, IconButton } from "@/kit/button";
import { Checkbox } from "@/kit/choice";
import { LEAST_WIDTH, MOST_WIDTH, resized, startOf, widthOf, WIDTH_STEP } from "@/kit/grid/arrange";
import type { ColumnChooserProps } from "@/kit/grid/chooser";
import styles from "@/kit/grid/grid.module.css";
import { PopoverBox } from "@/kit/popover-box";
import popover from "@/kit/popover.module.css";
import { useKitText } from "@/kit/text";

const STEPS = 2;

export interface ColumnChoicesProps<Row> extends ColumnChooserProps<Row> {
  triggerRef: RefObject<Element | null>;
  onOpenChange: (isOpen: boolean) => void;
}

export function ColumnChoices<Row>(props: ColumnChoicesProps<Row>) {
  const { columns, arrangement, onArrangement, hasWidths, triggerRef, onOpenChange } = props;
  const t = useKitText();
  const show = (id: string, isShown: boolean) => {
    const others = arrangement.hidden.filter((each) => each !== id);
    onArrangement({ ...arrangement, hidden: isShown ? others : [...others, id] });
  };
  return (
    <PopoverBox
      triggerRef={triggerRef}
      isOpen
      onOpenChange={onOpenChange}
      placement="bottom end"
      aria-label={t("grid.columns")}
      className={popover.padded}
    >
      <ul className={styles.choices}>
        {columns.map((column, index) => {
          const width = widthOf(column, arrangement);
          const change = (by: number) => onArrangement(resized(column, arrangement, width + by));
          const name = column.label;
          return (
            <li key={column.id} className={styles.choice}>
              <Checkbox
                isSelected={index === 0 || !arrangement.hidden.includes(column.id)}
                isDisabled={index === 0}
                onChange={(isShown) => show(column.id, isShown)}
              >
                {name}
              </Checkbox>
              {hasWidths && (
                <span className={styles.widths}>
                  <IconButton
                    size="sm"
                    label={t("grid.narrower", { column: name })}
                    icon={<Minus aria-hidden />}
                    isDisabled={width <= (column.minWidth ?? LEAST_WIDTH)}
                    onPress={() => change(-STEPS * WIDTH_STEP)}
                  />
                  <IconButton
                    size="sm"
                    label={t("grid.wider", { column: name })}
                    icon={<Plus aria-hidden />}
                    isDisabled={width >= MOST_WIDTH}
                    onPress={() => change(STEPS * WIDTH_STEP)}
                  />
                </span>
              )}
            </li>
          );
        })}
      </ul>
      <Button size="sm" onPress={() => onArrangement(startOf(columns))}>
        {t("grid.columnsReset")}
      </Button>
    </PopoverBox>
  );
}
