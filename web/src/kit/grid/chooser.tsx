// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where one chooses which columns are shown. */
import { Columns3 } from "lucide-react";
import { lazy, Suspense, type ReactNode } from "react";

import { Button } from "@/kit/button";
import type { ColumnChoicesProps } from "@/kit/grid/choices";
import type { GridArrangement, GridColumn } from "@/kit/grid/types";
import { useKitText } from "@/kit/text";
import { useOpener } from "@/kit/use-opener";

export interface ColumnChooserProps<Row> {
  columns: readonly GridColumn<Row>[];
  arrangement: GridArrangement;
  onArrangement: (arrangement: GridArrangement) => void;
  /** Cards have no widths. */
  hasWidths: boolean;
}

const load = () => import("@/kit/grid/choices");
const ColumnChoices = lazy(() => load().then((file) => ({ default: file.ColumnChoices }))) as <Row>(
  props: ColumnChoicesProps<Row>,
) => ReactNode;

export function ColumnChooser<Row>(props: ColumnChooserProps<Row>) {
  const t = useKitText();
  const { trigger, triggerRef, isOpen, setOpen } = useOpener({ kind: "dialog", load });
  return (
    <>
      <Button {...trigger} size="sm" variant="quiet" icon={<Columns3 aria-hidden />}>
        {t("grid.columns")}
      </Button>
      {isOpen && (
        <Suspense>
          <ColumnChoices {...props} triggerRef={triggerRef} onOpenChange={setOpen} />
        </Suspense>
      )}
    </>
  );
}
