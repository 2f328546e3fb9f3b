// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about a certificate, and trust that is brought to chargers. */
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import {
  createBulkCommand,
  getCertificate,
  renewCertificate,
  revokeCertificate,
  sendCertificate,
  sendCommand,
} from "@/api/sdk.gen";
import type { CertificateItem } from "@/api/types.gen";
import { certificatesChanged, download, readAgain } from "@/features/certificates/api";
import styles from "@/features/certificates/certificates.module.css";
import { readPem, ROOTS, triggerOf, type Root } from "@/features/certificates/model";
import type { Asked } from "@/features/certificates/page";
import { CertificateState, Ends } from "@/features/certificates/parts";
import {
  Button,
  CodeBlock,
  ConfirmDialog,
  Dialog,
  DialogActions,
  ErrorState,
  FileDrop,
  Form,
  KeyValue,
  Loading,
  MultiSelect,
  Panel,
  Select,
  Skeleton,
  TextArea,
  TextLink,
  toast,
} from "@/kit";
import { findChargers } from "@/lib/chargers";
import { useFormat } from "@/lib/format";
import { newKey } from "@/lib/keys";

const MOST_CHARGERS = 100;
const MOST_BYTES = 100_000;
const DAY_S = 86_400;

export function CertificateDialogs({ asked: { kind, id }, onClose }: { asked: Asked; onClose: () => void }) {
  const { t } = useTranslation("certificates");
  if (kind !== "install" && id !== null) return <OfOne kind={kind} id={id} onClose={onClose} />;
  return (
    <Dialog
      title={t("install.title")}
      description={t("install.text")}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {(close) => <Install onDone={close} />}
    </Dialog>
  );
}

interface OfOneProps {
  kind: Exclude<Asked["kind"], "install">;
  id: string;
  onClose: () => void;
}

function OfOne({ kind, id, onClose }: OfOneProps) {
  const { t } = useTranslation("certificates");
  const change = (isOpen: boolean) => isOpen || onClose();
  const { data, error, refetch } = useQuery({
    queryKey: ["certificates", "one", id],
    queryFn: async ({ signal }) =>
      (await getCertificate({ path: { certificate_id: id }, signal, throwOnError: true })).data,
  });
  if (!data || kind === "show") {
    return (
      <Dialog
        title={data ? t("show.title", { charger: data.charger_id }) : t("title")}
        size="lg"
        isDismissable
        isOpen
        onOpenChange={change}
      >
        {data ? (
          <Shown item={data} />
        ) : error ? (
          <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton lines={5} />
          </Loading>
        )}
      </Dialog>
    );
  }
  return <Question kind={kind} item={data} onChange={change} />;
}

function Shown({ item }: { item: CertificateItem }) {
  const { t } = useTranslation("certificates");
  const format = useFormat();
  const { chain, charger_id: charger } = item;
  return (
    <Panel>
      <KeyValue
        items={[
          { label: t("columns.status"), value: <CertificateState item={item} /> },
          { label: t("columns.kind"), value: t(`kinds.${item.kind}`, { defaultValue: item.kind }) },
          {
            label: t("columns.charger"),
            value: <TextLink to={`/chargers/${encodeURIComponent(charger)}/security`}>{charger}</TextLink>,
          },
          { label: t("show.from"), value: item.not_before && format.exact(item.not_before) },
          { label: t("columns.ends"), value: item.not_after && <Ends at={item.not_after} isMarked={item.in_use} /> },
          { label: t("columns.asked"), value: format.exact(item.created_at) },
          { label: t("show.renewal"), value: item.renewal_asked_at && format.exact(item.renewal_asked_at) },
          { label: t("columns.reason"), value: item.reason, isWide: true },
          { label: t("columns.subject"), value: item.subject, isWide: true },
          {
            label: t("columns.serial"),
            value: item.serial && <span className="mono">{item.serial}</span>,
            isWide: true,
          },
        ]}
      />
      {chain !== null && (
        <>
          <CodeBlock label={t("show.pem")} code={chain} hasCopy />
          <div className={styles.counts}>
            <Button
              size="sm"
              icon={<Download aria-hidden />}
              onPress={() => download(`${charger}-${item.serial ?? item.id}.pem`, chain)}
            >
              {t("actions.download")}
            </Button>
          </div>
        </>
      )}
    </Panel>
  );
}

interface QuestionProps {
  kind: Exclude<OfOneProps["kind"], "show">;
  item: CertificateItem;
  onChange: (isOpen: boolean) => void;
}

function Question({ kind, item, onChange }: QuestionProps) {
  const { t } = useTranslation("certificates");
  const { charger_id: charger, id } = item;
  const confirm = async () => {
    const path = { certificate_id: id };
    if (kind === "revoke") await revokeCertificate({ path, throwOnError: true });
    else if (kind === "renew") await renewCertificate({ path, throwOnError: true });
    else if (kind === "send") await sendCertificate({ path, throwOnError: true });
    else {
      const message = triggerOf(item.kind);
      if (message === null) return;
      await sendCommand({
        path: { charger_id: charger },
        body: { type: "trigger_message", message },
        query: { wait: 0, queue: DAY_S },
        headers: { "idempotency-key": newKey() },
        throwOnError: true,
      });
    }
    await readAgain(id);
    certificatesChanged();
    toast({
      tone: "success",
      title: t(`${kind}.done`, { charger }),
      action: { label: t("actions.charger"), to: `/chargers/${encodeURIComponent(charger)}/security` },
    });
  };
  return (
    <ConfirmDialog
      title={t(`${kind}.title`, { charger })}
      consequence={t(`${kind}.text`, { serial: item.serial ?? "–" })}
      confirmLabel={t(`${kind}.action`)}
      isDanger={kind === "revoke"}
      isOpen
      onOpenChange={onChange}
      onConfirm={confirm}
    />
  );
}

/** A root that chargers are to trust; as a job, since it can be for many. */
function Install({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("certificates");
  const [kind, setKind] = useState<Root>("csms_root");
  const [pem, setPem] = useState("");
  const [chargers, setChargers] = useState<string[]>([]);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [shows, setShows] = useState(false);
  const { count, fault } = readPem(pem);
  const isTooMany = chargers.length > MOST_CHARGERS;
  const submit = async () => {
    setShows(true);
    if (fault || !chargers.length || isTooMany) return;
    setPending(true);
    setProblem(null);
    try {
      const command = { type: "install_certificate" as const, kind, certificate: pem.trim() };
      await createBulkCommand({
        body: { filter: { id: chargers }, command, queue_s: DAY_S },
        headers: { "Idempotency-Key": newKey() },
        throwOnError: true,
      });
      toast({ tone: "success", title: t("install.done"), action: { label: t("install.follow"), to: "/jobs" } });
      onDone();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Form onSubmit={submit} problem={problem} names={{ certificate: t("install.pem") }} autoComplete="off">
      <Select
        label={t("install.kind")}
        options={ROOTS.map((id) => ({ id, label: t(`roots.${id}`) }))}
        selected={kind}
        onChange={setKind}
      />
      <TextArea
        label={t("install.pem")}
        description={count > 0 && !fault ? t("install.found", { number: count }) : t("install.pemText")}
        value={pem}
        onChange={setPem}
        rows={6}
        isMono
        isRequired
        error={fault && (shows || fault === "key") ? t(`install.fault.${fault}`) : undefined}
      />
      <FileDrop
        label={t("install.file")}
        accept={[".pem", ".crt", ".cer"]}
        maxBytes={MOST_BYTES}
        onFiles={([file]) => void file?.text().then(setPem)}
      />
      <MultiSelect
        label={t("install.chargers")}
        load={findChargers}
        selected={chargers}
        onChange={(ids) => setChargers(ids)}
        error={
          isTooMany
            ? t("install.tooMany", { number: MOST_CHARGERS })
            : shows && !chargers.length
              ? t("install.nobody")
              : undefined
        }
      />
      <DialogActions>
        <Button onPress={onDone}>{t("install.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("install.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}
