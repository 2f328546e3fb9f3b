// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Around the screens of whoever is not in yet: whose installation it is, the language, and what is to be known. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { getInstallationOptions } from "@/api/@tanstack/react-query.gen";
import { Banner, Select, TextLink } from "@/kit";
import { useBrand } from "@/lib/brand";
import { isLanguage, LANGUAGES, useAppearance } from "@/lib/appearance";

import styles from "./gate.module.css";

const OPTIONS = Object.entries(LANGUAGES).map(([id, label]) => ({ id, label }));

/** What the installation says of itself to anybody. */
export function useInstallation() {
  return useQuery({ ...getInstallationOptions(), staleTime: 300_000 }).data;
}

/** The name and the sign of whose app it is: an organization's own, or the product's. */
function Brand() {
  const { t } = useTranslation();
  const { name, logo } = useBrand();
  useEffect(() => {
    void import("@/lib/branding").then(({ followBranding }) => followBranding(false));
  }, []);
  return (
    <p className={styles.brand}>
      {logo ? <img src={logo} alt="" height={40} /> : <img src="/icon.svg" alt="" width={36} height={36} />}
      <span>{name ?? t("product")}</span>
    </p>
  );
}

/** Whom an organization names for help. */
function Support() {
  const { t } = useTranslation("accounts");
  const { email, phone } = useBrand();
  if (!email && !phone) return null;
  return (
    <p className={styles.support}>
      {t("gate.support")} {email && <TextLink href={`mailto:${email}`}>{email}</TextLink>}
      {email && phone && " · "}
      {phone && (
        <TextLink href={`tel:${phone.replace(/[^+\d]/g, "")}`}>
          <bdi dir="ltr">{phone}</bdi>
        </TextLink>
      )}
    </p>
  );
}

export interface GateProps {
  title: string;
  text?: ReactNode;
  children: ReactNode;
  /** Below the card, such as the way to another screen. */
  after?: ReactNode;
}

export function Gate({ title, text, children, after }: GateProps) {
  const { t } = useTranslation("accounts");
  const { t: common } = useTranslation();
  const { language, change } = useAppearance();
  const installation = useInstallation();
  useEffect(() => {
    document.title = `${title} · ${common("product")}`;
  }, [title, common]);
  return (
    <div className={styles.page}>
      <main className={styles.main}>
        <Brand />
        {installation?.insecure_lan && (
          <Banner tone="warning" live="off" title={t("gate.insecureTitle")}>
            {t("gate.insecure")}
          </Banner>
        )}
        <section className={styles.card} aria-labelledby="gate-title">
          <header className={styles.header}>
            <h1 id="gate-title">{title}</h1>
            {text && <p className={styles.text}>{text}</p>}
          </header>
          {children}
        </section>
        {after && <div className={styles.after}>{after}</div>}
      </main>
      <footer className={styles.footer}>
        <Support />
        <div className={styles.language}>
          <Select
            label={common("appearance.language")}
            isLabelHidden
            options={OPTIONS}
            selected={language}
            onChange={(id) => isLanguage(id) && change({ language: id })}
          />
        </div>
      </footer>
    </div>
  );
}
