// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Seeing the app as somebody with a role would: the server answers so, and changes nothing meanwhile. */
import { create } from "zustand";

export interface PreviewedRole {
  key: string;
  name: string;
}

interface Preview {
  role: PreviewedRole | null;
}

export const usePreview = create<Preview>()(() => ({ role: null }));

/** How a request says it. */
export const PREVIEW_HEADER = "CSMS-Preview-Role";

/** A request as it is sent meanwhile; nothing of it is kept. Signing in and out goes on as ever. */
export function previewed(request: Request, { role }: Preview = usePreview.getState()): Request {
  if (!role || new URL(request.url).pathname.startsWith("/api/v1/auth/")) return request;
  const headers = new Headers(request.headers);
  headers.set(PREVIEW_HEADER, role.key);
  return new Request(request, { headers, cache: "no-store" });
}
