// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Lists as somebody wants to see them again; what does it is loaded after the list. */
import { lazy, Suspense } from "react";

import type { ListViewsData } from "@/api/types.gen";

import styles from "./saved-views.module.css";

const Menu = lazy(() => import("./views-menu").then((file) => ({ default: file.ViewsMenu })));

export interface SavedViewsProps {
  /** As the API calls the screen. */
  screen: NonNullable<NonNullable<ListViewsData["query"]>["screen"]>[number];
  /** Where the screen is in the app. */
  path: string;
  /** What the list is narrowed to, as it stands in the address. */
  search: object;
  /** The same, as the API wants it. */
  query: object;
  /** Whether nothing is narrowed, where something stands in the address all the same. */
  isBare?: boolean;
}

export function SavedViews(props: SavedViewsProps) {
  return (
    <Suspense fallback={<span className={styles.place} />}>
      <Menu {...props} />
    </Suspense>
  );
}
