// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One change to many tags: those that are chosen, or all that the filter names. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createTokenChange, getTokenChange, listTokenChangeResults } from "@/api/sdk.gen";
import type { BulkChange, TokenUpdate } from "@/api/types.gen";
import { tagsChanged } from "@/features/tags/api";
import styles from "@/features/tags/tags.module.css";
import { STATUSES } from "@/features/tags/model";
import { filterOf } from "@/features/tags/query";
import { type TagsSearch } from "@/features/tags/search";
import {
  Badge,
  Button,
  DatePicker,
  Dialog,
  DialogActions,
  LinkButton,
  Panel,
  ProblemBanner,
  ProgressBar,
  Table,
  TextField,
  type GridSelection,
} from "@/kit";
import { useFormat } from "@/lib/format";

const KINDS = ["block", "unblock", "group", "expiry"] as const;
type Kind = (typeof KINDS)[number];
const MANY = 20;
const POLL_MS = 1_200;
const SHOWN = 50;

interface TagBulkProps {
  search: TagsSearch;
  selection: GridSelection;
  total: number;
  onDone: () => void;
}

export function TagBulk({ search, selection, total, onDone }: TagBulkProps) {
  const { t } = useTranslation("tags");
  const [kind, setKind] = useState<Kind | null>(null);
  const count = selection.isAll ? total : selection.ids.size;
  return (
    <>
      {KINDS.map((each) => (
        <Button key={each} size="sm" variant={each === "block" ? "danger" : "secondary"} onPress={() => setKind(each)}>
          {t(`bulk.${each}.action`)}
        </Button>
      ))}
      {kind && (
        <Dialog
          title={t(`bulk.${kind}.title`, { count })}
          role="alertdialog"
          isOpen
          onOpenChange={(isOpen) => isOpen || setKind(null)}
        >
          {(close) => (
            <Change
              kind={kind}
              count={count}
              selection={selection}
              search={search}
              onClose={close}
              onChanged={onDone}
            />
          )}
        </Dialog>
      )}
    </>
  );
}

interface ChangeProps {
  kind: Kind;
  count: number;
  selection: GridSelection;
  search: TagsSearch;
  onClose: () => void;
  onChanged: () => void;
}

function Change({ kind, count, selection, search, onClose, onChanged }: ChangeProps) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const [group, setGroup] = useState("");
  const [expires, setExpires] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [change, setChange] = useState<BulkChange | null>(null);
  const number = String(count);
  const bodies: Record<Kind, TokenUpdate> = {
    block: { status: "blocked" },
    unblock: { status: "accepted" },
    group: { group: group.trim() || null },
    expiry: { expires_at: expires },
  };
  const run = async () => {
    setPending(true);
    setProblem(null);
    // without any filter all are meant: the API wants that said
    const named = { ...filterOf(search, format.zone) };
    const filter = Object.keys(named).length ? named : { status: [...STATUSES] };
    const whom = selection.isAll ? { filter } : { ids: [...selection.ids] };
    try {
      const { data } = await createTokenChange({ body: { ...whom, change: bodies[kind] }, throwOnError: true });
      setChange(data as BulkChange);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (change) {
    const close = () => {
      onClose();
      onChanged();
      tagsChanged();
    };
    return <Progress first={change} onClose={close} />;
  }
  return (
    <Panel>
      <p>{t(`bulk.${kind}.text`, { count })}</p>
      {kind === "group" && (
        <TextField
          label={t("form.group")}
          value={group}
          onChange={setGroup}
          maxLength={36}
          description={t("bulk.group.none")}
          autoFocus
        />
      )}
      {kind === "expiry" && (
        <DatePicker
          label={t("form.expires_at")}
          granularity="minute"
          value={expires}
          onChange={setExpires}
          description={t("bulk.expiry.none")}
        />
      )}
      {count >= MANY && (
        <TextField
          label={t("bulk.type", { number })}
          value={typed}
          onChange={setTyped}
          autoComplete="off"
          inputMode="numeric"
        />
      )}
      {problem != null && <ProblemBanner problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>{t("form.cancel")}</Button>
        <Button
          variant={kind === "block" ? "danger" : "primary"}
          isPending={isPending}
          isDisabled={count >= MANY && typed.trim() !== number}
          onPress={() => void run()}
        >
          {t(`bulk.${kind}.do`, { count })}
        </Button>
      </DialogActions>
    </Panel>
  );
}

function Progress({ first, onClose }: { first: BulkChange; onClose: () => void }) {
  const { t } = useTranslation("tags");
  const path = { token_change_id: first.id };
  const { data: change, error: problem } = useQuery({
    queryKey: ["tags", "change", first.id],
    queryFn: async ({ signal }) => (await getTokenChange({ path, signal, throwOnError: true })).data,
    initialData: first,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.status === "running" ? POLL_MS : false),
  });
  const { data: refused = [] } = useQuery({
    queryKey: ["tags", "refused", first.id],
    queryFn: async ({ signal }) => {
      const query = { status: ["refused" as const], limit: SHOWN };
      return (await listTokenChangeResults({ path, query, signal, throwOnError: true })).data.items;
    },
    enabled: change.status !== "running" && (change.counts.refused ?? 0) > 0,
  });
  const { counts, total, status, error } = change;
  const done = total - (counts.waiting ?? 0);
  return (
    <Panel>
      <ProgressBar label={t(`bulk.status.${status}`)} value={done} max={Math.max(1, total)} />
      <p className={styles.counts}>
        {(["changed", "unchanged", "refused"] as const).map((name) =>
          counts[name] ? (
            <Badge key={name} tone={name === "refused" ? "danger" : name === "changed" ? "success" : "neutral"}>
              {t(`bulk.${name}`, { count: counts[name] })}
            </Badge>
          ) : null,
        )}
      </p>
      {error && <p>{error.message}</p>}
      {problem && <ProblemBanner problem={problem} />}
      {refused.length > 0 && (
        <Table
          label={t("bulk.refusedList")}
          rows={refused}
          rowId={({ token_id: key }) => key}
          columns={[
            { id: "value", label: t("columns.tag"), render: ({ value }) => value },
            { id: "reason", label: t("bulk.reason"), render: ({ reason }) => reason },
          ]}
        />
      )}
      <DialogActions>
        <LinkButton to={`/jobs/${first.id}?of=tags`}>{t("bulk.job")}</LinkButton>
        <Button variant="primary" onPress={onClose}>
          {status === "running" ? t("block.hide") : t("block.close")}
        </Button>
      </DialogActions>
    </Panel>
  );
}
