// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The bar at the bottom of a phone: where one goes most. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useMay } from "@/lib/me";
import { placesFor } from "@/lib/navigation";
import { useSiteWays } from "@/lib/site-scope";

import styles from "./phone-bar.module.css";

export function PhoneBar() {
  const { t } = useTranslation();
  const may = useMay();
  const { searchFor } = useSiteWays();
  const places = placesFor(may)
    .flatMap((group) => group.places)
    .filter(({ phone }) => phone);
  return (
    <nav className={styles.bar} aria-label={t("shell.phoneBar")}>
      <ul>
        {places.map(({ id, to, icon: Icon }) => (
          <li key={id}>
            <Link
              to={to}
              search={searchFor(to)}
              className={styles.place}
              activeProps={{ "aria-current": "page" }}
              activeOptions={{ exact: to === "/", includeSearch: false }}
            >
              <Icon aria-hidden size={20} />
              <span>{t(`places.${id}`)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
