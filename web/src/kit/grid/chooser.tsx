// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Where one chooses which columns are shown. */
import { Columns3 } from "lucide-react";
import { lazy, Suspense } from "react";

import { Button } from "@/kit/button";
import type { GridArrangement, GridColumn } from "@/kit/grid/types";
import { Popover } from "@/kit/popover";
import { Skeleton } from "@/kit/progress";
import { useKitText } from "@/kit/text";

export interface ColumnChooserProps<Row> {
  columns: readonly GridColumn<Row>[];
  arrangement: GridArrangement;
  onArrangement: (arrangement: GridArrangement) => void;
  /** Cards have no widths. */
  hasWidths: boolean;
}

const ColumnChoices = lazy(() => import("@/kit/grid/choices").then((file) => ({ default: file.ColumnChoices }))) as <
  Row,
>(
  props: ColumnChooserProps<Row>,
) => React.ReactNode;

export function ColumnChooser<Row>(props: ColumnChooserProps<Row>) {
  const t = useKitText();
  return (
    <Popover
      label={t("grid.columns")}
      placement="bottom end"
      trigger={
        <Button size="sm" variant="quiet" icon={<Columns3 aria-hidden />}>
          {t("grid.columns")}
        </Button>
      }
    >
      <Suspense fallback={<Skeleton variant="block" height="12rem" width="14rem" />}>
        <ColumnChoices {...props} />
      </Suspense>
    </Popover>
  );
}
