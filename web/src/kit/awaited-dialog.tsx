// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The dialog about one thing until that is there. */
import type { Awaited } from "./awaited-page";
import { Dialog } from "./dialog";
import { Loading, Skeleton } from "./progress";
import { ErrorState } from "./states";

export interface AwaitedDialogProps {
  title: string;
  query: Awaited;
  onOpenChange: (isOpen: boolean) => void;
}

export function AwaitedDialog({ title, query, onOpenChange }: AwaitedDialogProps) {
  return (
    <Dialog title={title} size="sm" isOpen onOpenChange={onOpenChange}>
      {query.error ? (
        <ErrorState isCompact problem={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      )}
    </Dialog>
  );
}
