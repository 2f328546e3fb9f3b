// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Name, sign and colour of whose app it is; kept in this browser for the first paint (public/theme.js reads it). */
import { create } from "zustand";

export interface Brand {
  /** null: the product's own. */
  name: string | null;
  logo: string | null;
  /** Whom to ask for help, before the sign-in too. */
  email: string | null;
  phone: string | null;
  css: string;
}

const KEY = "csms.brand";
const NO_BRAND: Brand = { name: null, logo: null, email: null, phone: null, css: "" };

function kept(): Brand {
  try {
    return { ...NO_BRAND, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Brand>) };
  } catch {
    return NO_BRAND; // shut off or spoilt: it comes from the server in a moment
  }
}

export const useBrand = create<Brand>()(kept);

/** Show it, now and at the next first paint. A sheet of its own: it is no inline style, which would be refused. */
export function showBrand(brand: Brand): void {
  useBrand.setState(brand);
  const sheet = document.adoptedStyleSheets[0] ?? new CSSStyleSheet();
  sheet.replaceSync(brand.css);
  document.adoptedStyleSheets = [sheet];
  try {
    localStorage.setItem(KEY, JSON.stringify(brand));
  } catch {
    // it holds until this page is closed
  }
}
