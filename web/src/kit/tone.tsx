// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How something is meant: a colour and a sign that says the same without the colour. */
import { CircleCheck, CircleX, Info, TriangleAlert } from "lucide-react";

export type Tone = "info" | "success" | "warning" | "danger";

const ICONS = { info: Info, success: CircleCheck, warning: TriangleAlert, danger: CircleX };

export function ToneIcon({ tone, label }: { tone: Tone; label?: string }) {
  const Icon = ICONS[tone];
  return label ? <Icon role="img" aria-label={label} /> : <Icon aria-hidden />;
}
