// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Puts a text on the clipboard, and says that it did. */
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { Button, IconButton, type ButtonSize } from "./button";
import { useKitText } from "./text";

const SHOWN_MS = 2_000;

export interface CopyButtonProps {
  text: string;
  label?: string;
  size?: ButtonSize;
  /** With its label beside the icon. */
  hasText?: boolean;
}

/** Where the clipboard is not to be had (no HTTPS), the old command still is. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.readOnly = true;
    area.className = "visually-hidden";
    (document.querySelector("dialog[open], [role=dialog], [role=alertdialog]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label, size = "sm", hasText }: CopyButtonProps) {
  const t = useKitText();
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const press = async () => setState((await copy(text)) ? "copied" : "failed");
  const words = label ?? t("copy");
  const icon = state === "copied" ? <Check aria-hidden /> : <Copy aria-hidden />;
  return (
    <>
      {hasText ? (
        <Button size={size} icon={icon} onPress={() => void press()}>
          {words}
        </Button>
      ) : (
        <IconButton size={size} label={words} icon={icon} onPress={() => void press()} />
      )}
      <span role="status" className="visually-hidden">
        {state === "copied" ? t("copied") : state === "failed" ? t("copyFailed") : ""}
      </span>
    </>
  );
}
