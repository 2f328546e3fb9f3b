// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Signing in again over the screen. Only whoever was there comes back: somebody else begins with a new page. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Me } from "@/api/types.gen";
import { Banner, Button, Dialog, TextLink } from "@/kit";
import { meQuery } from "@/lib/me";

import { hurdleOf } from "./after-sign-in";
import styles from "./again-dialog.module.css";
import parts from "./parts.module.css";
import { SignInSteps } from "./sign-in-steps";

export function AgainDialog() {
  const { t } = useTranslation("accounts");
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(true);
  const [before] = useState(() => queries.getQueryData<Me>(meQuery.queryKey));
  const goOn = async (): Promise<void> => {
    const me = await queries.fetchQuery({ ...meQuery, staleTime: 0 });
    // by a passkey, as somebody else; or with something to do first: either is for a page of its own
    if (me.id !== before?.id || hurdleOf(me)) leave();
    else await queries.invalidateQueries();
  };
  if (!isOpen)
    return (
      <div className={styles.bar}>
        <Banner
          tone="warning"
          title={t("again.title")}
          action={<Button onPress={() => setOpen(true)}>{t("signIn.submit")}</Button>}
        />
      </div>
    );
  return (
    <Dialog title={t("again.title")} description={t("again.text")} size="sm" isOpen onOpenChange={setOpen}>
      <div className={parts.stack}>
        <SignInSteps username={before?.username} next="/account" onSignedIn={goOn} keepsPage />
        <p className={parts.small}>
          <TextLink onPress={leave}>{t("signIn.somebodyElse")}</TextLink>
        </p>
      </div>
    </Dialog>
  );
}

/** A whole new page: nothing that the one before them saw stays in memory. */
function leave(): void {
  const next = location.pathname + location.search;
  location.assign(`/sign-in?next=${encodeURIComponent(next)}`);
}
