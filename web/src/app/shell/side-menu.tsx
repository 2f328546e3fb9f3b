// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The menu: only where one may go. */
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "@/lib/me";
import { placesFor } from "@/lib/navigation";
import { useSiteWays } from "@/lib/site-scope";

import styles from "./side-menu.module.css";

export function SideMenu() {
  const { t } = useTranslation();
  const may = useMay();
  const { searchFor } = useSiteWays();
  const own = useId(); // it is beside the screen and in the drawer of a phone
  return (
    <div className={styles.menu}>
      {placesFor(may).map(({ id, places }) => (
        // no region: whoever goes from landmark to landmark is not to pass all of them
        <div key={id} role="group" aria-labelledby={`${own}${id}`}>
          <h2 id={`${own}${id}`} className={styles.group}>
            {t(`groups.${id}`)}
          </h2>
          <ul>
            {places.map(({ id: place, to, icon: Icon }) => (
              <li key={place}>
                <Link
                  to={to}
                  search={searchFor(to)}
                  className={styles.place}
                  activeProps={{ "aria-current": "page" }}
                  activeOptions={{ exact: to === "/", includeSearch: false }}
                >
                  <Icon aria-hidden size={18} />
                  <span>{t(`places.${place}`)}</span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}
