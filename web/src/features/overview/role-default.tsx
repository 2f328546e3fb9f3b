// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is shown now becomes what whoever has a role begins with. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { listRoles } from "@/api/sdk.gen";
import type { DashboardDefault, DashboardLayout } from "@/api/types.gen";
import { defaultQuery, giveDashboards, MOST_GIVEN, useDashboardWords } from "@/lib/dashboard-defaults";
import { useMay } from "@/lib/me";
import { RemoveDefault } from "@/kit/remove-default";
import type { Board } from "@/features/overview/layout";
import styles from "@/features/overview/overview.module.css";
import {
  Banner,
  Button,
  Conflict,
  Dialog,
  DialogActions,
  ErrorState,
  ProblemBanner,
  RadioGroup,
  Select,
  Skeleton,
  toast,
  type Option,
} from "@/kit";
import { isConflict, type Edited } from "@/lib/edited";
import { useFormat } from "@/lib/format";

const BUILT_IN = ["admin", "operator", "technician", "finance", "support", "viewer"];

interface RoleDefaultProps {
  boards: readonly Board[];
  /** Which of them is shown. */
  index: number;
  onClose: () => void;
}

export function RoleDefault(props: RoleDefaultProps) {
  const { t } = useTranslation("overview");
  return (
    <Dialog
      title={t("default.title")}
      description={t("default.text")}
      isOpen
      onOpenChange={(isOpen) => isOpen || props.onClose()}
    >
      {(close) => <Give {...props} onClose={close} />}
    </Dialog>
  );
}

/** Whoever may not read roles knows those that every organization has. */
function useRoles(): Option[] | undefined {
  const { t: ofRoles } = useTranslation("roles");
  const mayRead = useMay()("account:role:read");
  const { data, isLoading } = useQuery({
    queryKey: ["roles", "all"],
    queryFn: async ({ signal }) => (await listRoles({ signal, throwOnError: true })).data.items,
    enabled: mayRead,
  });
  if (isLoading) return undefined;
  const nameOf = (key: string, name = key) => ofRoles(`builtIn.${key}.name`, { defaultValue: name });
  return (
    data?.map(({ key, name, users }) => ({
      id: key,
      label: nameOf(key, name),
      description: ofRoles("usedBy", { count: users }),
    })) ?? BUILT_IN.map((key) => ({ id: key, label: nameOf(key) }))
  );
}

function layoutsOf(boards: readonly Board[]): DashboardLayout[] {
  return boards.map(({ name, widgets }) => ({ name, widgets }));
}

function Give({ boards, index, onClose }: RoleDefaultProps) {
  const { t } = useTranslation("overview");
  const inWords = useDashboardWords();
  const roles = useRoles();
  const [role, setRole] = useState<string | null>(null);
  const [which, setWhich] = useState<"one" | "all">("one");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [isStale, setStale] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const now = useQuery({ ...defaultQuery(role ?? ""), enabled: role !== null });
  const shown = boards[index];
  const given = layoutsOf(which === "all" || !shown ? boards : [shown]);
  const name = roles?.find(({ id }) => id === role)?.label ?? "";
  const choose = (key: string) => {
    setRole(key);
    setProblem(null);
  };
  const save = async (key: string, etag: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      await giveDashboards(key, given, etag);
      toast({ tone: "success", title: t("default.saved", { role: name }) });
      onClose();
    } catch (error) {
      if (isConflict(error)) {
        await now.refetch();
        setStale(true);
      } else setProblem(error);
      setPending(false);
    }
  };
  if (role !== null && isStale) {
    const theirs = inWords(now.data?.item.dashboards ?? []).join("; ");
    return (
      <Conflict
        fields={[{ label: t("boards"), mine: inWords(given).join("; "), theirs }]}
        onKeepTheirs={onClose}
        onSaveMine={() => void save(role, now.data?.etag ?? null)}
        isPending={isPending}
      />
    );
  }
  const hasChoice = boards.length > 1 && boards.length <= MOST_GIVEN && shown !== undefined;
  return (
    <div className={styles.form}>
      {roles ? (
        <Select
          label={t("default.role")}
          description={roles.find(({ id }) => id === role)?.description}
          options={roles}
          selected={role}
          onChange={choose}
          autoFocus
        />
      ) : (
        <Skeleton lines={2} />
      )}
      {hasChoice && (
        <RadioGroup
          label={t("default.which")}
          options={[
            { id: "one", label: t("default.one", { name: shown.name }) },
            { id: "all", label: t("default.all", { count: boards.length }) },
          ]}
          selected={which}
          onChange={setWhich}
        />
      )}
      {role !== null && <Now query={now} onRemove={() => setRemoving(true)} />}
      {problem !== null && <ProblemBanner problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>{t("edit.cancel")}</Button>
        <Button
          variant="primary"
          isPending={isPending}
          isDisabled={role === null || now.data === undefined}
          onPress={() => role !== null && void save(role, now.data?.etag ?? null)}
        >
          {t(now.data ? "default.replace" : "default.save")}
        </Button>
      </DialogActions>
      {isRemoving && role !== null && now.data && (
        <RemoveDefault role={role} name={name} etag={now.data.etag} onClose={() => setRemoving(false)} />
      )}
    </div>
  );
}

/** What whoever has the role begins with so far. */
function Now({ query, onRemove }: { query: UseQueryResult<Edited<DashboardDefault> | null>; onRemove: () => void }) {
  const { t } = useTranslation("overview");
  const format = useFormat();
  const inWords = useDashboardWords();
  const { data, error, refetch } = query;
  if (error) return <ErrorState isCompact problem={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton lines={2} />;
  if (data === null) return <p className={styles.note}>{t("default.none")}</p>;
  return (
    <Banner tone="warning" title={t("default.replaces", { at: format.dateTime(data.item.updated_at) })}>
      <div className={styles.there}>
        <p>{inWords(data.item.dashboards).join("; ")}</p>
        <Button size="sm" icon={<Trash2 aria-hidden />} onPress={onRemove}>
          {t("default.remove")}
        </Button>
      </div>
    </Banner>
  );
}
