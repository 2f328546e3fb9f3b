// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How the app looks for an organization, from the server. */
import { getBranding, getSignInBranding } from "@/api/sdk.gen";
import { showBrand } from "@/lib/brand";
import { brandCss } from "@/lib/colors";
import { queries } from "@/lib/queries";

const PRODUCT = "CSMS Lite";

/** Of whoever is signed in, or of the page before. Where it cannot be read, what was shown last stays. */
export async function followBranding(isSignedIn: boolean): Promise<void> {
  const found = await queries
    .fetchQuery({
      queryKey: ["branding", isSignedIn],
      queryFn: async ({ signal }) =>
        (await (isSignedIn ? getBranding : getSignInBranding)({ signal, throwOnError: true })).data,
      staleTime: 60_000,
    })
    .catch(() => null);
  if (!found) return;
  showBrand({
    name: found.product_name === PRODUCT ? null : found.product_name,
    logo: found.logo?.url ?? null,
    email: found.support_email,
    phone: found.support_phone,
    css: found.brand_color === null ? "" : brandCss(found.brand_color),
  });
}
