// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is set in a charger so that it comes here. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { getInstallation } from "@/api/sdk.gen";
import type { ChargerAddress } from "@/api/types.gen";
import styles from "@/features/chargers/addresses.module.css";
import { Banner, CodeBlock, QrCode } from "@/kit";

export const addressesQuery = queryOptions({
  queryKey: ["chargers", "addresses"],
  queryFn: async ({ signal }) => (await getInstallation({ signal, throwOnError: true })).data.charger_addresses ?? [],
  staleTime: 300_000,
});

/** The door that serves a security profile; null where this installation has none. */
function addressFor(addresses: readonly ChargerAddress[], profile: number, id: string): string | null {
  const found = addresses.find(({ security_profiles: served }) => served.includes(profile));
  return found?.url.replace("{identity}", encodeURIComponent(id)) ?? null;
}

/** With the identity at its end; some chargers want it without. */
export function Address({ profile, id }: { profile: number; id: string }) {
  const { t } = useTranslation("chargers");
  const { data } = useQuery(addressesQuery);
  if (!data) return null;
  const address = addressFor(data, profile, id);
  if (!address)
    return (
      <Banner tone="warning" live="off" title={t("address.noTls")}>
        {t("address.noTlsText")}
      </Banner>
    );
  const base = address.slice(0, address.lastIndexOf("/"));
  return (
    <div className={styles.address}>
      <div className={styles.words}>
        <h3>{t("address.title")}</h3>
        <CodeBlock code={address} label={t("address.title")} isWrapped />
        <p className={styles.text}>{t("address.base", { base })}</p>
        <dl className={styles.parts}>
          <dt>{t("address.identity")}</dt>
          <dd>
            <CodeBlock code={id} label={t("address.identity")} isWrapped />
          </dd>
        </dl>
      </div>
      <QrCode text={address} label={t("address.qr")} size="8rem" />
    </div>
  );
}

/** Shown this once. */
export function NewPassword({ password }: { password: string }) {
  const { t } = useTranslation("chargers");
  return (
    <div className={styles.address}>
      <div className={styles.words}>
        <h3>{t("password.title")}</h3>
        <CodeBlock code={password} label={t("password.title")} isWrapped />
        <p className={styles.text}>{t("password.once")}</p>
      </div>
      <QrCode text={password} label={t("password.qr")} size="8rem" />
    </div>
  );
}
