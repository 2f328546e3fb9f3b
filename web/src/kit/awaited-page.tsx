// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What stands in the place of a screen that is not there yet, or never will be. */
import { useMay } from "@/lib/me";

import type { Crumb } from "./breadcrumbs";
import { PageHeader } from "./page-header";
import { Loading, Skeleton } from "./progress";
import { ErrorState, NoPermission } from "./states";

export interface ForbiddenPageProps {
  title: string;
  permission: string;
  breadcrumbs?: readonly Crumb[];
}

/** The screen for whoever may not see it. */
export function ForbiddenPage({ title, permission, breadcrumbs }: ForbiddenPageProps) {
  return (
    <>
      <PageHeader title={title} breadcrumbs={breadcrumbs} />
      <NoPermission permission={permission} />
    </>
  );
}

/** As useQuery answers. */
export interface Awaited {
  error: unknown;
  refetch: () => unknown;
}

export interface AwaitedPageProps {
  /** What such a thing is called: the one that is looked for has no name yet. */
  title: string;
  /** Where it stands among others. */
  list: Crumb;
  permission: string;
  query: Awaited;
}

/** The screen of one thing until it is there: forbidden, failed, or on its way. */
export function AwaitedPage({ title, list, permission, query }: AwaitedPageProps) {
  const may = useMay();
  const breadcrumbs = [list, { label: title }];
  if (!may(permission)) return <ForbiddenPage title={title} permission={permission} breadcrumbs={breadcrumbs} />;
  return (
    <>
      <PageHeader title={title} breadcrumbs={breadcrumbs} />
      {query.error ? (
        <ErrorState problem={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading>
          <Skeleton variant="block" height="12rem" />
        </Loading>
      )}
    </>
  );
}
