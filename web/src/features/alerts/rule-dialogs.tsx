// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about rules: a new one, a change, what it finds, whether it is in force, the end. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { deleteAlertRule, testAlertRule } from "@/api/sdk.gen";
import type { AlertRule } from "@/api/types.gen";
import { chargerPath } from "@/features/alerts/model";
import { RuleForm } from "@/features/alerts/rule-form";
import { changeRule, ruleQuery, rulesChanged } from "@/features/alerts/rules-api";
import type { AskedRule } from "@/features/alerts/rules-list";
import {
  Ago,
  AwaitedDialog,
  ConfirmDialog,
  Dialog,
  EmptyState,
  ErrorState,
  Loading,
  Panel,
  Skeleton,
  Table,
  TextLink,
  toast,
} from "@/kit";

interface RuleDialogsProps {
  asked: AskedRule;
  onClose: () => void;
}

export function RuleDialogs({ asked: { kind, id }, onClose }: RuleDialogsProps) {
  const { t } = useTranslation("alert-rules");
  if (id !== null && kind !== "add") return <OfOne kind={kind} id={id} onClose={onClose} />;
  return (
    <Dialog title={t("rule.add")} size="lg" isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => <RuleForm onDone={close} />}
    </Dialog>
  );
}

interface OfOneProps {
  kind: Exclude<AskedRule["kind"], "add">;
  id: string;
  onClose: () => void;
}

function OfOne({ kind, id, onClose }: OfOneProps) {
  const { t } = useTranslation("alert-rules");
  const query = useQuery(ruleQuery(id));
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!query.data) return <AwaitedDialog title={t("rule.one")} query={query} onOpenChange={change} />;
  const { item: rule, etag } = query.data;
  const { name } = rule;
  if (kind === "edit") {
    return (
      <Dialog title={t("rule.edit", { name })} size="lg" isOpen onOpenChange={change}>
        {(close) => <RuleForm rule={rule} etag={etag} onDone={close} />}
      </Dialog>
    );
  }
  if (kind === "test") return <Trial rule={rule} onClose={onClose} />;
  return <Confirmation kind={kind} rule={rule} etag={etag} onClose={onClose} />;
}

interface ConfirmationProps {
  kind: "toggle" | "delete";
  rule: AlertRule;
  etag: string | null;
  onClose: () => void;
}

function Confirmation({ kind, rule, etag, onClose }: ConfirmationProps) {
  const { t } = useTranslation("alert-rules");
  const { id, name, enabled, standing } = rule;
  const what = kind === "delete" ? "delete" : enabled ? "off" : "on";
  const confirm = async () => {
    if (what === "delete") await deleteAlertRule({ path: { rule_id: id }, throwOnError: true });
    else await changeRule(id, { enabled: !enabled }, etag);
    rulesChanged(what === "delete" ? id : undefined);
    toast({ tone: "success", title: t(`${what}.done`, { name }) });
  };
  return (
    <ConfirmDialog
      title={t(`${what}.title`, { name })}
      consequence={
        <>
          <p>{t(`${what}.text`)}</p>
          {what !== "on" && standing > 0 && <p>{t("off.standing", { count: standing })}</p>}
        </>
      }
      confirmLabel={t(`${what}.do`)}
      isDanger={what === "delete"}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={confirm}
    />
  );
}

/** What it finds now; of things that happen and are over: what it would have found within a day. */
function Trial({ rule, onClose }: { rule: AlertRule; onClose: () => void }) {
  const { t } = useTranslation("alert-rules");
  const { data, error, refetch } = useQuery({
    queryKey: ["alert-rules", "trial", rule.id],
    queryFn: async ({ signal }) =>
      (await testAlertRule({ path: { rule_id: rule.id }, signal, throwOnError: true })).data,
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Dialog
      title={t("test.title", { name: rule.name })}
      description={t("test.text")}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {data ? (
        <Panel>
          <p role="status">{t("test.found", { count: data.total })}</p>
          {data.items.length > 0 && (
            <Table
              label={t("test.title", { name: rule.name })}
              rows={data.items}
              rowId={({ subject }) => subject}
              columns={[
                {
                  id: "subject",
                  label: t("test.subject"),
                  render: ({ subject, charger_id: charger, connector_id: connector }) =>
                    charger ? (
                      <>
                        <TextLink to={chargerPath(charger)}>{charger}</TextLink>
                        {connector !== null && ` · ${connector}`}
                      </>
                    ) : (
                      subject
                    ),
                },
                { id: "began", label: t("test.began"), render: ({ began_at: at }) => <Ago at={at} /> },
              ]}
            />
          )}
          {data.total > data.items.length && <p className="soft">{t("test.first", { count: data.items.length })}</p>}
          {data.total === 0 && <EmptyState isCompact title={t("test.none")} text={t("test.noneText")} />}
        </Panel>
      ) : error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <Skeleton lines={4} />
        </Loading>
      )}
    </Dialog>
  );
}
