// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Everything around the screens that is there once. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { I18nProvider, RouterProvider as AriaRouter } from "react-aria-components";

import { router } from "@/app/router";
import { localeFor, useAppearance } from "@/lib/appearance";
import { queries } from "@/lib/queries";

const ToastRegion = lazy(async () => ({ default: (await import("@/kit")).ToastRegion }));

export function App() {
  const language = useAppearance((state) => state.language);
  return (
    <QueryClientProvider client={queries}>
      <I18nProvider locale={localeFor(language)}>
        <AriaRouter navigate={(to) => void router.navigate({ href: to })} useHref={(to) => to}>
          <RouterProvider router={router} />
          <Suspense>
            <ToastRegion />
          </Suspense>
        </AriaRouter>
      </I18nProvider>
    </QueryClientProvider>
  );
}
