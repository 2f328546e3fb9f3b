// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Every part of the kit, in development. */
export function GalleryPage() {
  return null;
}
