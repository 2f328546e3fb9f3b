// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The door: who somebody is, and what they have to do before they are in. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Banner, Loading, Skeleton, TextLink } from "@/kit";
import { useSignOut } from "@/kit/sign-out";
import { meQuery } from "@/lib/me";
import { Problem, problemOf } from "@/lib/problems";

import { hurdleOf, Hurdles, type Hurdle } from "./after-sign-in";
import { Gate, useInstallation } from "./gate";
import { ownPath } from "./own-path";
import styles from "./parts.module.css";
import { Refusal } from "./refusal";
import { SignInSteps } from "./sign-in-steps";

export function SignInPage() {
  const { t } = useTranslation("accounts");
  const { next, problem: code } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const me = useQuery(meQuery);
  const [password, setPassword] = useState<string | null>(null);
  // recovery codes are shown once: what is being set up is finished, though the server is content already
  const [held, setHeld] = useState<Hurdle | null>(null);
  const to = ownPath(next);
  const hurdle = held ?? (me.data ? hurdleOf(me.data) : null);
  const isIn = me.data !== undefined && hurdle === null;
  useEffect(() => {
    if (hurdle === "missing") setHeld("missing");
  }, [hurdle]);
  useEffect(() => {
    if (isIn) void navigate({ href: to, replace: true });
  }, [isIn, navigate, to]);

  const askAgain = async (typed?: string | null): Promise<void> => {
    if (typed !== undefined) setPassword(typed);
    setHeld(null);
    await queries.fetchQuery({ ...meQuery, staleTime: 0 });
  };
  if (me.isPending || isIn) return <Waiting />;
  if (me.data && hurdle) {
    return (
      <Gate title={t(`${TITLES[hurdle]}.title`)} text={t(`${TITLES[hurdle]}.text`)} after={<AsSomebodyElse />}>
        <Hurdles key={hurdle} me={me.data} hurdle={hurdle} password={password} onDone={askAgain} />
      </Gate>
    );
  }
  const failed = problemOf(me.error);
  if (failed.status !== 401)
    return (
      <Gate title={t("signIn.title")}>
        <Refusal problem={failed} />
      </Gate>
    );
  return (
    <Gate title={t("signIn.title")}>
      <FirstStart />
      <SignInSteps next={to} problem={code ? new Problem(401, { code }) : null} onSignedIn={askAgain} />
    </Gate>
  );
}

const TITLES: Record<Hurdle, string> = { password: "mustChange", missing: "factorMissing", unshown: "factorUnshown" };

function Waiting() {
  const { t } = useTranslation("accounts");
  return (
    <Gate title={t("signIn.title")}>
      <Loading>
        <Skeleton lines={2} height="2.25rem" />
      </Loading>
    </Gate>
  );
}

/** Where the password is that csms made for the first sign-in, until it is changed. */
function FirstStart() {
  const { t } = useTranslation("accounts");
  const place = useInstallation()?.initial_password;
  if (!place) return null;
  return (
    <Banner tone="info" live="off" title={t("signIn.firstTitle")}>
      {t(`signIn.first.${place}`)}
    </Banner>
  );
}

function AsSomebodyElse() {
  const { t } = useTranslation("accounts");
  const signOut = useSignOut();
  return (
    <p className={styles.links}>
      <TextLink onPress={signOut}>{t("signIn.somebodyElse")}</TextLink>
    </p>
  );
}
