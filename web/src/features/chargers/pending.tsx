// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Chargers that knocked and wait to be let in. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Check, DoorOpen, X } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { approvePendingCharger, rejectPendingCharger } from "@/api/sdk.gen";
import type { PendingCharger } from "@/api/types.gen";
import { modelOf, versionOf } from "@/features/chargers/columns";
import styles from "@/features/chargers/list.module.css";
import { waitingQuery } from "@/features/chargers/waiting";
import {
  Ago,
  Badge,
  BulkBar,
  Button,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  LinkButton,
  NoPermission,
  NOTHING_SELECTED,
  SearchBox,
  toast,
  Toolbar,
  type GridColumn,
  type GridSelection,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

const route = getRouteApi("/signed-in/chargers");
const TYPED_FROM = 20;
const AT_ONCE = 4;

type Verdict = "approve" | "reject";

function useDecide() {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  return async (ids: string[], verdict: Verdict): Promise<void> => {
    const { done, failed } = await decide(ids, verdict);
    if (done) {
      const words = { count: done, number: format.number(done) };
      toast({ tone: "success", title: t(`pending.${verdict}Done`, words) });
    }
    if (failed.length) {
      const words = { count: failed.length, number: format.number(failed.length) };
      toast({ tone: "danger", title: t("pending.failed", words), text: problemOf(failed[0]).detail });
    }
  };
}

export function PendingList() {
  const may = useMay();
  if (!may("onboarding:charger:read")) return <NoPermission permission="onboarding:charger:read" />;
  return <Waiting />;
}

function useWaitingColumns(): GridColumn<PendingCharger>[] {
  const { t } = useTranslation("chargers");
  return useMemo(
    () => [
      {
        id: "charger",
        label: t("pending.identity"),
        width: 200,
        render: ({ id }) => <span className={styles.id}>{id}</span>,
      },
      { id: "model", label: t("columns.model"), width: 200, render: (row) => modelOf(row) ?? "–" },
      { id: "serial", label: t("columns.serial"), width: 150, render: ({ serial_number: serial }) => serial ?? "–" },
      {
        id: "firmware",
        label: t("columns.firmware"),
        width: 120,
        render: ({ firmware_version: firmware }) => firmware ?? "–",
      },
      { id: "protocol", label: t("columns.protocol"), width: 84, render: ({ protocol }) => versionOf(protocol) ?? "–" },
      { id: "address", label: t("pending.address"), width: 140, render: ({ address }) => address ?? "–" },
      {
        id: "password",
        label: t("pending.password"),
        width: 140,
        render: ({ has_password: has }) => (
          <Badge tone={has ? "success" : "warning"}>{t(has ? "pending.withPassword" : "pending.without")}</Badge>
        ),
      },
      { id: "first", label: t("pending.first"), width: 130, render: ({ first_seen_at: at }) => <Ago at={at} /> },
      { id: "last", label: t("pending.last"), width: 130, render: ({ last_seen_at: at }) => <Ago at={at} /> },
    ],
    [t],
  );
}

/** A few at a time, the rest after them; what failed is told once. */
async function decide(ids: string[], verdict: Verdict): Promise<{ done: number; failed: unknown[] }> {
  const todo = [...ids];
  const failed: unknown[] = [];
  const work = async () => {
    for (let id = todo.shift(); id !== undefined; id = todo.shift()) {
      const path = { charger_id: id };
      try {
        if (verdict === "approve") await approvePendingCharger({ path, body: {}, throwOnError: true });
        else await rejectPendingCharger({ path, throwOnError: true });
      } catch (error) {
        failed.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await queries.invalidateQueries({ queryKey: ["chargers"] });
  return { done: ids.length - failed.length, failed };
}

function Waiting() {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const columns = useWaitingColumns();
  const [rows] = useState(() => new Rows<PendingCharger>());
  const [selection, setSelection] = useState<GridSelection>(NOTHING_SELECTED);
  /** Those that are about to be rejected. */
  const [asked, setAsked] = useState<string[] | null>(null);
  const [isApproving, setApproving] = useState(false);
  const settle = useDecide();
  const found = useInfiniteQuery(waitingQuery(search.q));
  const items = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data]);
  const ids = useMemo(() => {
    for (const item of items) rows.put(item.id, item);
    return items.map(({ id }) => id);
  }, [items, rows]);
  const [sought, setSought] = useState(search.q);
  if (sought !== search.q) {
    setSought(search.q);
    setSelection(NOTHING_SELECTED);
  }
  const chosen = selection.isAll ? ids : ids.filter((id) => selection.ids.has(id));
  const may = useMay();
  const decides = may("onboarding:charger:approve");
  /** At once: it can be taken back, by removing the charger. */
  const approve = async (those: string[]) => {
    setApproving(true);
    await settle(those, "approve");
    setApproving(false);
    setSelection(NOTHING_SELECTED);
  };
  const actions = ({ id, can }: PendingCharger) => [
    {
      id: "approve",
      label: t("pending.approve"),
      icon: <Check aria-hidden />,
      isDisabled: can?.approve_pending_charger === false,
      onAction: () => void approve([id]),
    },
    {
      id: "reject",
      label: t("pending.reject"),
      icon: <X aria-hidden />,
      isDanger: true,
      onAction: () => setAsked([id]),
    },
  ];
  return (
    <>
      <Toolbar>
        <div className={styles.search}>
          <SearchBox
            label={t("filters.search")}
            value={search.q}
            onSearch={(q) => void navigate({ search: (now) => ({ ...now, q: q || undefined }), replace: true })}
          />
        </div>
      </Toolbar>
      <DataGrid<PendingCharger>
        keptAs="pending_chargers"
        label={t("views.pending")}
        columns={columns}
        ids={ids}
        rows={rows}
        rowName={({ id }) => id}
        total={found.hasNextPage ? undefined : ids.length}
        onEnd={found.hasNextPage ? () => void found.fetchNextPage() : undefined}
        isLoading={found.isPending || found.isFetchingNextPage}
        problem={found.error}
        onRetry={() => void found.refetch()}
        selection={decides ? selection : undefined}
        onSelection={decides ? setSelection : undefined}
        actions={decides ? actions : undefined}
        empty={<NobodyWaits isFiltered={search.q !== undefined} />}
        toolbar={ids.length > 0 && <p className="soft">{t("pending.text")}</p>}
      />
      <BulkBar selection={selection} onSelection={setSelection}>
        <Button
          size="sm"
          variant="primary"
          icon={<Check aria-hidden />}
          isPending={isApproving}
          onPress={() => void approve(chosen)}
        >
          {t("pending.approve")}
        </Button>
        <Button size="sm" icon={<X aria-hidden />} onPress={() => setAsked(chosen)}>
          {t("pending.reject")}
        </Button>
      </BulkBar>
      {asked && (
        <ConfirmDialog
          isOpen
          onOpenChange={(isOpen) => isOpen || setAsked(null)}
          isDanger
          title={t("pending.rejectTitle", {
            count: asked.length,
            number: format.number(asked.length),
            id: asked[0] ?? "",
          })}
          consequence={<p>{t("pending.rejectText")}</p>}
          confirmLabel={t("pending.reject")}
          typed={asked.length >= TYPED_FROM ? String(asked.length) : undefined}
          onConfirm={async () => {
            await settle(asked, "reject");
            setSelection(NOTHING_SELECTED);
          }}
        />
      )}
    </>
  );
}

function NobodyWaits({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useTranslation("chargers");
  if (isFiltered) {
    return (
      <EmptyState
        title={t("empty.filtered")}
        text={t("empty.filteredText")}
        action={<LinkButton to="/chargers?view=pending">{t("empty.clear")}</LinkButton>}
      />
    );
  }
  return <EmptyState icon={<DoorOpen aria-hidden />} title={t("pending.nobody")} text={t("pending.nobodyText")} />;
}
