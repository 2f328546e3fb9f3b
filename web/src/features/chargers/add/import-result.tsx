// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a trial or an import came to: counted, and row by row. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { cancelImport, fetchImportSecrets, listImportRows } from "@/api/sdk.gen";
import type { Import, ImportRow } from "@/api/types.gen";
import styles from "@/features/chargers/add/add.module.css";
import {
  Badge,
  Banner,
  Button,
  Card,
  ErrorState,
  FormActions,
  LinkButton,
  Loading,
  ProblemBanner,
  ProgressBar,
  SegmentedControl,
  Skeleton,
  Table,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { queries } from "@/lib/queries";

const PAGE = 100;

export function Running({ item }: { item: Import | undefined }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  if (!item) {
    return (
      <Loading>
        <Skeleton variant="block" height="8rem" />
      </Loading>
    );
  }
  const done = item.created + item.updated + item.skipped + item.failed;
  const total = item.total ?? undefined;
  return (
    <Card title={t(item.dry_run ? "import.trying" : "import.running", { name: item.file_name })}>
      <ProgressBar
        label={t("import.progress")}
        value={total === undefined ? undefined : done}
        max={Math.max(1, total ?? 1)}
        valueText={
          total === undefined ? undefined : t("import.of", { done: format.number(done), total: format.number(total) })
        }
      />
      <FormActions>
        <Button
          onPress={() =>
            void cancelImport({ path: { import_id: item.id }, throwOnError: true }).then(() =>
              queries.invalidateQueries({ queryKey: ["imports", item.id] }),
            )
          }
        >
          {t("import.cancel")}
        </Button>
      </FormActions>
    </Card>
  );
}

function Counts({ item }: { item: Import }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const kinds = [
    ["created", item.created, "success"],
    ["updated", item.updated, "info"],
    ["skipped", item.skipped, "neutral"],
    ["failed", item.failed, "danger"],
  ] as const;
  return (
    <p className={styles.counts}>
      {kinds.map(([name, count, tone]) => (
        <Badge key={name} tone={count ? tone : "neutral"}>
          {t(`import.counts.${item.dry_run ? "would" : "was"}.${name}`, { count, number: format.number(count) })}
        </Badge>
      ))}
    </p>
  );
}

export function Trial({
  item,
  isSending,
  onBack,
  onRun,
}: {
  item: Import;
  isSending: boolean;
  onBack: () => void;
  onRun: () => void;
}) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const good = item.created + item.updated;
  const isWhole = item.status === "done";
  return (
    <Card title={t("import.trialTitle")} description={t("import.trialText")}>
      {!isWhole && (
        <Banner tone="danger" title={t("import.refused")}>
          {item.error?.message}
        </Banner>
      )}
      <Counts item={item} />
      <Rows item={item} />
      <FormActions start={<Button onPress={onBack}>{t("add.back")}</Button>}>
        <Button
          variant="primary"
          isDisabled={!isWhole || good === 0 || item.can?.run_import === false}
          isPending={isSending}
          onPress={onRun}
        >
          {t("import.run", { count: good, number: format.number(good) })}
        </Button>
      </FormActions>
    </Card>
  );
}

type Which = "failed" | "all";

/** What became of the rows; first what is wrong. */
function Rows({ item }: { item: Import }) {
  const { t } = useTranslation("chargers");
  const [which, setWhich] = useState<Which>(item.failed ? "failed" : "all");
  const found = useInfiniteQuery({
    queryKey: ["imports", item.id, "rows", which],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, cursor: pageParam, ...(which === "failed" ? { status: ["failed" as const] } : {}) };
      return (await listImportRows({ path: { import_id: item.id }, query, signal, throwOnError: true })).data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const segments = (["failed", "all"] as const).map((id) => ({ id, label: t(`import.rows.${id}`) }));
  const tone = {
    waiting: "neutral",
    created: "success",
    updated: "info",
    skipped: "neutral",
    failed: "danger",
  } as const;
  return (
    <>
      <SegmentedControl<Which>
        size="sm"
        label={t("import.rows.show")}
        segments={segments}
        selected={which}
        onChange={setWhich}
      />
      {found.isPending ? (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      ) : found.error ? (
        <ErrorState isCompact problem={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Table<ImportRow>
          label={t("import.rows.show")}
          rowId={({ number }) => String(number)}
          rows={rows}
          empty={<p>{t("import.rows.none")}</p>}
          columns={[
            { id: "number", label: t("import.rows.row"), align: "end", render: ({ number }) => String(number) },
            { id: "id", label: t("pending.identity"), render: ({ subject, values }) => subject ?? values.id ?? "–" },
            {
              id: "status",
              label: t("columns.status"),
              render: ({ status }) => <Badge tone={tone[status]}>{t(`import.status.${status}`)}</Badge>,
            },
            {
              id: "why",
              label: t("import.rows.why"),
              render: ({ errors, reason }) =>
                errors.length ? (
                  <ul className={styles.errors}>
                    {errors.map(({ field, message }, index) => (
                      <li key={index}>{field ? `${field}: ${message}` : message}</li>
                    ))}
                  </ul>
                ) : (
                  (reason ?? "–")
                ),
            },
          ]}
        />
      )}
      {found.hasNextPage && (
        <Button size="sm" isPending={found.isFetchingNextPage} onPress={() => void found.fetchNextPage()}>
          {t("import.rows.more")}
        </Button>
      )}
    </>
  );
}

export function Done({ item }: { item: Import }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const [problem, setProblem] = useState<unknown>(null);
  const [isFetched, setFetched] = useState(false);
  const isWell = item.status === "done";
  const fetchSecrets = async () => {
    setProblem(null);
    try {
      const { data } = await fetchImportSecrets({ path: { import_id: item.id }, parseAs: "text", throwOnError: true });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([data], { type: "text/csv" }));
      link.download = "charger-passwords.csv";
      link.click();
      URL.revokeObjectURL(link.href);
      setFetched(true);
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => void queries.invalidateQueries({ queryKey: ["chargers"] }), []);
  return (
    <Card title={t(isWell ? "import.done" : "import.stopped")}>
      {item.error && (
        <Banner tone="danger" title={t("import.refused")}>
          {item.error.message}
        </Banner>
      )}
      <Counts item={item} />
      {item.secrets > 0 && !isFetched && (
        <Banner
          tone="warning"
          live="off"
          title={t("import.secrets", { count: item.secrets, number: format.number(item.secrets) })}
          action={
            <Button size="sm" icon={<Download aria-hidden />} onPress={() => void fetchSecrets()}>
              {t("import.fetchSecrets")}
            </Button>
          }
        >
          {t("import.secretsText")}
        </Banner>
      )}
      {problem !== null && <ProblemBanner problem={problem} />}
      {item.failed > 0 && <Rows item={item} />}
      <FormActions>
        <LinkButton to="/chargers" variant="primary">
          {t("import.toChargers")}
        </LinkButton>
      </FormActions>
    </Card>
  );
}
