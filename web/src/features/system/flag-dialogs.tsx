// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about feature flags. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { deleteFeatureFlag, listFeatureFlagHistory, updateFeatureFlag } from "@/api/sdk.gen";
import type { FlagItem } from "@/api/types.gen";
import { flagQuery, flagsChanged } from "@/features/system/api";
import { FlagForm } from "@/features/system/flag-form";
import type { AskedOfFlag } from "@/features/system/flags";
import styles from "@/features/system/system.module.css";
import { Changes, ConfirmDialog, Dialog, Disclosure, EmptyState, ErrorState, Loading, Skeleton, toast } from "@/kit";
import { useFormat } from "@/lib/format";

const MOST = 50;

interface Props {
  asked: AskedOfFlag;
  onClose: () => void;
}

export function FlagDialogs({ asked: { kind, flag }, onClose }: Props) {
  const { t } = useTranslation("system");
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!flag) {
    return (
      <Dialog title={t("flags.add")} isOpen onOpenChange={change}>
        {(close) => <FlagForm flag={null} etag={null} onDone={close} />}
      </Dialog>
    );
  }
  const name = flag.key;
  switch (kind) {
    case "switch":
      return (
        <ConfirmDialog
          isOpen
          onOpenChange={change}
          title={t(flag.enabled ? "flags.offTitle" : "flags.onTitle", { name })}
          consequence={t(flag.enabled ? "flags.offText" : "flags.onText")}
          confirmLabel={t(flag.enabled ? "flags.switchOff" : "flags.switchOn")}
          onConfirm={async () => {
            await updateFeatureFlag({ path: { key: name }, body: { enabled: !flag.enabled }, throwOnError: true });
            flagsChanged();
            toast({ tone: "success", title: t("flags.saved", { name }) });
          }}
        />
      );
    case "delete":
      return (
        <ConfirmDialog
          isOpen
          onOpenChange={change}
          title={t("flags.deleteTitle", { name })}
          consequence={t("flags.deleteText")}
          confirmLabel={t("flags.delete")}
          isDanger
          onConfirm={async () => {
            await deleteFeatureFlag({ path: { key: name }, throwOnError: true });
            flagsChanged();
            toast({ tone: "success", title: t("flags.deleted", { name }) });
          }}
        />
      );
    case "history":
      return <FlagHistory flag={flag} onClose={onClose} />;
    default:
      return <EditFlag flag={flag} onClose={onClose} />;
  }
}

function EditFlag({ flag, onClose }: { flag: FlagItem; onClose: () => void }) {
  const { t } = useTranslation("system");
  // what is known from before may be older than its list: whoever edited it would be in their own way
  const { data, error, refetch, isFetchedAfterMount } = useQuery(flagQuery(flag.key));
  return (
    <Dialog title={t("flags.editTitle", { name: flag.key })} isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : data && isFetchedAfterMount ? (
        <FlagForm flag={data.item} etag={data.etag} onDone={onClose} />
      ) : (
        <Loading>
          <Skeleton lines={5} />
        </Loading>
      )}
    </Dialog>
  );
}

function FlagHistory({ flag, onClose }: { flag: FlagItem; onClose: () => void }) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ["flags", "history", flag.key],
    queryFn: async ({ signal }) =>
      (await listFeatureFlagHistory({ path: { key: flag.key }, query: { limit: MOST }, signal, throwOnError: true }))
        .data.items,
  });
  return (
    <Dialog
      isOpen
      isDismissable
      size="lg"
      title={t("settings.historyOf", { name: flag.key })}
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : data.length ? (
        <div>
          {data.map(({ id, actor_name: actor, at, before, after }, index) => (
            <Disclosure
              key={id}
              defaultOpen={index === 0}
              title={
                <span className={styles.row}>
                  {actor || "–"} <span className={styles.soft}>{format.dateTime(at)}</span>
                </span>
              }
            >
              <Changes before={before} after={after} />
            </Disclosure>
          ))}
        </div>
      ) : (
        <EmptyState isCompact title={t("settings.never")} />
      )}
    </Dialog>
  );
}
