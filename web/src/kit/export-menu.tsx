// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The whole of a list as a file, narrowed as it is; for whoever may take it away. */
import { Download } from "lucide-react";

import { MenuButton } from "@/kit/menu";
import { useKitText } from "@/kit/text";
import { toast } from "@/kit/toast";
import { fetchFile } from "@/lib/files";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";

const FORMATS = ["csv", "xlsx", "pdf"] as const;
export type ExportFormat = (typeof FORMATS)[number];

export interface ExportMenuProps {
  /** Without an ending. */
  name: string;
  path: (format: ExportFormat) => string;
  isDisabled?: boolean;
}

export function ExportMenu({ name, path, isDisabled }: ExportMenuProps) {
  const t = useKitText();
  const may = useMay();
  const fetchAs = (format: ExportFormat) => {
    const done = toast({ title: t("export.pending"), timeout: null });
    fetchFile(path(format), `${name}.${format}`)
      .catch((error: unknown) => toast({ tone: "danger", title: t("export.failed"), text: problemOf(error).message }))
      .finally(done);
  };
  if (!may("data:list:export")) return null;
  return (
    <MenuButton
      label={t("export.label")}
      icon={<Download aria-hidden />}
      isDisabled={isDisabled}
      items={FORMATS.map((format) => ({ id: format, label: t(`export.${format}`), onAction: () => fetchAs(format) }))}
    />
  );
}
