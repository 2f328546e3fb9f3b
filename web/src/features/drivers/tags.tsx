// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a driver charges with: tags are given to them, and taken again. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { giveDriverToken, listDriverTokens, listTokens, takeDriverToken } from "@/api/sdk.gen";
import type { Driver, Token } from "@/api/types.gen";
import styles from "@/features/drivers/drivers.module.css";
import {
  Badge,
  Button,
  Card,
  ComboBox,
  ConfirmDialog,
  Dialog,
  DialogActions,
  EmptyState,
  ErrorState,
  Form,
  SegmentedControl,
  Skeleton,
  Table,
  TextField,
  TextLink,
  toast,
  type Option,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { textOf } from "@/lib/forms";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const MOST = 200;
const FEW = 20;

function tagsKey(id: string) {
  return ["drivers", "tags", id];
}

export function DriverTags({ driver }: { driver: Driver }) {
  const { t } = useTranslation("drivers");
  const format = useFormat();
  const may = useMay();
  const [isGiving, setGiving] = useState(false);
  const [taking, setTaking] = useState<Token | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: tagsKey(driver.id),
    queryFn: async ({ signal }) =>
      (await listDriverTokens({ path: { driver_id: driver.id }, query: { limit: MOST }, signal, throwOnError: true }))
        .data.items,
  });
  const mayGive = may("driver:driver:write") && (may("token:token:create") || may("token:token:update"));
  const mayTake = may("driver:driver:write") && may("token:token:update");
  const give = mayGive && (
    <Button size="sm" icon={<Plus aria-hidden />} onPress={() => setGiving(true)}>
      {t("tags.give")}
    </Button>
  );
  return (
    <Card title={t("tags.title")} actions={give} isFlush>
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Skeleton lines={3} />
        </div>
      ) : (
        <Table
          label={t("tags.title")}
          rows={data}
          rowId={({ id }) => id}
          empty={<EmptyState isCompact title={t("tags.empty")} text={t("tags.emptyText")} />}
          columns={[
            {
              id: "value",
              label: t("tags.tag"),
              render: ({ id, value }) => <TextLink to={`/tags/${id}`}>{value}</TextLink>,
            },
            {
              id: "status",
              label: t("columns.status"),
              render: ({ status }) => (
                <Badge tone={status === "accepted" ? "success" : "danger"}>{t(`tags.states.${status}`)}</Badge>
              ),
            },
            {
              id: "expires",
              label: t("tags.expires"),
              render: ({ expires_at: at }) => (at === null ? t("tags.never") : format.date(at)),
            },
            ...(mayTake
              ? [
                  {
                    id: "take",
                    label: t("tags.take"),
                    isLabelHidden: true,
                    align: "end" as const,
                    render: (token: Token) => (
                      <Button
                        size="sm"
                        variant="quiet"
                        aria-label={t("tags.takeNamed", { name: token.value })}
                        onPress={() => setTaking(token)}
                      >
                        {t("tags.take")}
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {isGiving && (
        <Dialog title={t("tags.giveTo", { name: driver.name })} isOpen onOpenChange={setGiving}>
          {(close) => <GiveTag driver={driver} onDone={close} />}
        </Dialog>
      )}
      {taking && (
        <ConfirmDialog
          title={t("tags.takeFrom", { tag: taking.value, name: driver.name })}
          consequence={t(driver.status === "blocked" ? "tags.takeBlocked" : "tags.takeText")}
          confirmLabel={t("tags.take")}
          isDanger
          isOpen
          onOpenChange={(isOpen) => isOpen || setTaking(null)}
          onConfirm={async () => {
            await takeDriverToken({ path: { driver_id: driver.id, token_id: taking.id }, throwOnError: true });
            await queries.invalidateQueries({ queryKey: tagsKey(driver.id) });
            void queries.invalidateQueries({ queryKey: ["tags"] });
          }}
        />
      )}
    </Card>
  );
}

function GiveTag({ driver, onDone }: { driver: Driver; onDone: () => void }) {
  const { t } = useTranslation("drivers");
  const may = useMay();
  const kinds = [
    may("token:token:update") && { id: "known" as const, label: t("tags.known") },
    may("token:token:create") && { id: "new" as const, label: t("tags.new") },
  ].filter((each) => each !== false);
  const [kind, setKind] = useState<"known" | "new">(kinds[0]?.id ?? "known");
  const [known, setKnown] = useState<Option | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const find = async (query: string, signal: AbortSignal): Promise<Option[]> => {
    const { data } = await listTokens({ query: { q: query || undefined, limit: FEW }, signal, throwOnError: true });
    return data.items.map(({ id, value, driver_id: owner, group }) => ({
      id,
      label: value,
      description: owner === null ? (group ?? undefined) : t("tags.taken"),
      isDisabled: owner !== null,
    }));
  };
  const submit = async (values: FormData) => {
    setPending(true);
    setProblem(null);
    try {
      const body = kind === "known" ? { token_id: known?.id ?? null } : { value: textOf(values, "value").trim() };
      const { data } = await giveDriverToken({ path: { driver_id: driver.id }, body, throwOnError: true });
      await queries.invalidateQueries({ queryKey: tagsKey(driver.id) });
      void queries.invalidateQueries({ queryKey: ["tags"] });
      toast({ tone: "success", title: t("tags.given", { tag: data.value, name: driver.name }) });
      onDone();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      onSubmit={submit}
      problem={problem}
      names={{ value: t("tags.tag"), token_id: t("tags.tag") }}
      autoComplete="off"
    >
      {kinds.length > 1 && (
        <SegmentedControl label={t("tags.which")} segments={kinds} selected={kind} onChange={setKind} />
      )}
      {kind === "known" ? (
        <ComboBox
          label={t("tags.tag")}
          load={find}
          selected={known}
          onChange={(_, option) => setKnown(option)}
          description={t("tags.knownText")}
          isRequired
        />
      ) : (
        <TextField
          label={t("tags.tag")}
          name="value"
          isRequired
          isMono
          maxLength={36}
          description={t("tags.newText")}
        />
      )}
      <DialogActions>
        <Button onPress={onDone}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending} isDisabled={kind === "known" && known === null}>
          {t("tags.give")}
        </Button>
      </DialogActions>
      {driver.status === "blocked" && <p className="soft">{t("tags.blockedNote")}</p>}
    </Form>
  );
}
