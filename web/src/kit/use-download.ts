// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Files of any size, and a word where one cannot be had. */
import { useCallback } from "react";

import { download } from "@/lib/files";
import { problemOf } from "@/lib/problems";

import { useKitText } from "./text";
import { toast } from "./toast";

export function useDownload(): (path: string, name: string) => void {
  const t = useKitText();
  return useCallback(
    (path, name) => {
      download(path, name).catch((error: unknown) =>
        toast({ tone: "danger", title: t("export.failed"), text: problemOf(error).message }),
      );
    },
    [t],
  );
}
