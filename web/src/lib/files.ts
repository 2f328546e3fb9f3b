// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Files of the API: fetched, so that a refusal can be told, and handed to the browser. */
import { Problem } from "@/lib/problems";

const NAME = /filename="?([^";]+)"?/;

export async function fetchFile(path: string, name: string): Promise<void> {
  const answer = await fetch(path, { credentials: "same-origin" });
  if (!answer.ok) {
    const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
    throw new Problem(answer.status, body, answer.headers);
  }
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = NAME.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
