// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What an operator changes while csms runs; it holds on every node within moments. */
import { useQuery } from "@tanstack/react-query";

import { settingsQuery } from "@/features/system/api";
import { SectionCard } from "@/features/system/section-card";
import { GENERAL } from "@/features/system/sections";
import { Columns, ErrorState, Loading, Skeleton } from "@/kit";

export function Settings() {
  const { data, error, refetch } = useQuery(settingsQuery);
  if (error) return <ErrorState problem={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Loading>
        <Skeleton variant="block" height="16rem" />
      </Loading>
    );
  }
  return (
    <Columns>
      {GENERAL.flatMap((name) => {
        const item = data.find(({ section }) => section === name);
        return item ? [<SectionCard key={name} item={item} />] : [];
      })}
    </Columns>
  );
}
