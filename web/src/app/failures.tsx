// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Screens for what went wrong: nothing at this address, no right to it, or an error of ours. */
import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { ErrorState, LinkButton, EmptyState } from "@/kit";
import { problemOf } from "@/lib/problems";

export function MissingPage() {
  const { t } = useTranslation();
  return (
    <main>
      <EmptyState
        isPage
        title={t("missing.title")}
        text={t("missing.text")}
        action={<LinkButton to="/">{t("missing.home")}</LinkButton>}
      />
    </main>
  );
}

export function CrashPage({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  return (
    <ErrorState
      problem={problemOf(error)}
      onRetry={() => {
        reset();
        void router.invalidate();
      }}
    />
  );
}
