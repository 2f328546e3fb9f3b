// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The kit: every part of the screens. Charts have a path of their own, since they are heavy: @/kit/chart. */
export * from "./ago";
export * from "./badge";
export * from "./banner";
export * from "./breadcrumbs";
export * from "./button";
export * from "./card";
export * from "./confirm-dialog";
export * from "./copy-button";
export * from "./cx";
export * from "./dialog";
export { FieldRow } from "./field";
export * from "./form";
export * from "./menu";
export * from "./page-header";
export * from "./popover";
export * from "./progress";
export { Select, type Option, type SelectProps } from "./select";
export * from "./states";
export * from "./tabs";
export * from "./text-field";
export * from "./toast";
export type { Tone } from "./tone";
