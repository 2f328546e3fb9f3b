// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who changed a section of settings, and the way back to what it was. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { listSettingsHistory } from "@/api/sdk.gen";
import type { SettingsChange } from "@/api/types.gen";
import { revertSection } from "@/features/system/api";
import { useSettingWords } from "@/features/system/setting";
import styles from "@/features/system/system.module.css";
import {
  Button,
  Changes,
  Dialog,
  Disclosure,
  EmptyState,
  ErrorState,
  Loading,
  ProblemBanner,
  Skeleton,
  toast,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const PAGE = 20;

interface Props {
  section: string;
  etag: string | null;
  onClose: () => void;
}

export function SectionHistory({ section, etag, onClose }: Props) {
  const { t } = useTranslation("system");
  const name = t(`sections.${section}.title`);
  const found = useInfiniteQuery({
    queryKey: ["settings", "history", section],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, cursor: pageParam };
      return (await listSettingsHistory({ path: { section }, query, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const entries = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Dialog
      isOpen
      isDismissable
      size="lg"
      title={t("settings.historyOf", { name })}
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {found.error && !entries.length ? (
        <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : entries.length ? (
        <>
          {entries.map((entry, index) => (
            <Entry key={entry.id} entry={entry} section={section} etag={etag} isNow={index === 0} onClose={onClose} />
          ))}
          {found.hasNextPage && (
            <Button
              variant="quiet"
              size="sm"
              isPending={found.isFetchingNextPage}
              onPress={() => void found.fetchNextPage()}
            >
              {t("settings.earlier")}
            </Button>
          )}
        </>
      ) : (
        <EmptyState isCompact title={t("settings.never")} text={t("settings.neverText")} />
      )}
    </Dialog>
  );
}

interface EntryProps extends Props {
  entry: SettingsChange;
  /** It is what holds now: there is nothing to go back to. */
  isNow: boolean;
}

function Entry({ entry, section, etag, isNow, onClose }: EntryProps) {
  const { t } = useTranslation("system");
  const format = useFormat();
  const may = useMay();
  const { label } = useSettingWords(section);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const revert = async () => {
    setPending(true);
    setProblem(null);
    try {
      await revertSection(section, entry.id, etag);
      toast({ tone: "success", title: t("settings.reverted", { time: format.dateTime(entry.at) }) });
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Disclosure
      defaultOpen={isNow}
      title={
        <span className={styles.row}>
          {entry.actor_name || "–"}
          <span className="soft">{format.dateTime(entry.at)}</span>
        </span>
      }
    >
      <div className={styles.fields}>
        <Changes before={entry.before} after={entry.after} nameOf={label} />
        <p className="soft">{t("settings.defaultsAreDashes")}</p>
        {problem !== null && <ProblemBanner problem={problem} />}
        {!isNow && may("system:settings:update") && (
          <div>
            <Button size="sm" isPending={isPending} onPress={() => void revert()}>
              {t("settings.revert")}
            </Button>
          </div>
        )}
      </div>
    </Disclosure>
  );
}
