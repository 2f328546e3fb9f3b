// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Files of the API: fetched, so that a refusal can be told, and handed to the browser. */
import { previewed, usePreview } from "@/lib/preview";
import { Problem } from "@/lib/problems";

const NAME = /filename="?([^";]+)"?/;

export async function fetchFile(path: string, name: string): Promise<void> {
  const answer = await fetch(previewed(new Request(path, { credentials: "same-origin" })));
  if (!answer.ok) {
    const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
    throw new Problem(answer.status, body, answer.headers);
  }
  const address = URL.createObjectURL(await answer.blob());
  follow(address, NAME.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/**
 * What may be larger than the memory of a browser goes to the disk as it comes, and the server names it. A link cannot
 * say that a role is previewed: meanwhile it is fetched.
 */
export async function download(path: string, name: string): Promise<void> {
  if (usePreview.getState().role) await fetchFile(path, name);
  else follow(path, "");
}

function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}
