// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** An image: sent to the library, looked at, described anew, deleted. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { deleteFirmware, updateFirmware } from "@/api/sdk.gen";
import type { FirmwareItem, FirmwareUpdate } from "@/api/types.gen";
import { firmwareChanged, imageQuery, uploadImage } from "@/features/firmware/api";
import styles from "@/features/firmware/firmware.module.css";
import type { AskedImage } from "@/features/firmware/images";
import { isSigned } from "@/features/firmware/model";
import {
  Button,
  ConfirmDialog,
  Conflict,
  CopyButton,
  Dialog,
  DialogActions,
  ErrorState,
  FieldRow,
  FileDrop,
  Form,
  KeyValue,
  Loading,
  Panel,
  ProgressBar,
  Skeleton,
  TextArea,
  TextField,
  toast,
  useDownload,
} from "@/kit";
import { isConflict, useBegun } from "@/lib/edited";
import { useFormat } from "@/lib/format";
import { textOf } from "@/lib/forms";
import { appPath } from "@/lib/search";

const FIELDS = ["name", "version", "vendor", "model", "notes", "signature", "signing_certificate"] as const;
type Words = Record<(typeof FIELDS)[number], string>;

function wordsOf(values: FormData): Words {
  return Object.fromEntries(FIELDS.map((name) => [name, textOf(values, name).trim()])) as Words;
}

function Fields({ image, name, isUpload }: { image?: FirmwareItem; name?: string; isUpload?: boolean }) {
  const { t } = useTranslation("firmware");
  return (
    <>
      <TextField
        key={name}
        label={t("images.fields.name")}
        name="name"
        isRequired
        maxLength={200}
        defaultValue={image?.name ?? name}
        description={t("images.nameText")}
      />
      <TextField
        label={t("images.fields.version")}
        name="version"
        maxLength={100}
        defaultValue={image?.version ?? ""}
        description={t("images.versionText")}
      />
      <FieldRow>
        <TextField label={t("images.fields.vendor")} name="vendor" maxLength={100} defaultValue={image?.vendor ?? ""} />
        <TextField label={t("images.fields.model")} name="model" maxLength={100} defaultValue={image?.model ?? ""} />
      </FieldRow>
      <TextArea
        label={t("images.fields.notes")}
        name="notes"
        rows={2}
        maxLength={4000}
        defaultValue={image?.notes ?? ""}
      />
      <TextArea
        label={t("images.fields.signature")}
        name="signature"
        rows={2}
        isMono
        maxLength={800}
        defaultValue={image?.signature ?? ""}
        description={t("images.signatureText")}
      />
      <TextArea
        label={t("images.fields.signing_certificate")}
        name="signing_certificate"
        rows={isUpload ? 2 : 4}
        isMono
        maxLength={5500}
        defaultValue={image?.signing_certificate ?? ""}
        description={t("images.certificateText")}
      />
    </>
  );
}

function useNames(): Record<string, string> {
  const { t } = useTranslation("firmware");
  return Object.fromEntries(FIELDS.map((name) => [name, t(`images.fields.${name}`)]));
}

export function UploadDialog({ onClose, onDone }: { onClose: () => void; onDone?: (image: FirmwareItem) => void }) {
  const { t } = useTranslation("firmware");
  return (
    <Dialog title={t("images.uploadTitle")} isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      <Upload onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function Upload({ onClose, onDone }: { onClose: () => void; onDone?: (image: FirmwareItem) => void }) {
  const { t } = useTranslation("firmware");
  const names = useNames();
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const gone = useRef(new AbortController());
  useEffect(() => {
    const controller = (gone.current = new AbortController());
    return () => controller.abort(); // whoever closes the dialog does not want it any more
  }, []);
  const submit = async (values: FormData) => {
    if (!file) return;
    const { signature, signing_certificate: certificate, ...words } = wordsOf(values);
    const given = Object.fromEntries(Object.entries(words).filter(([, value]) => value)) as typeof words;
    setShare(0);
    setProblem(null);
    try {
      let image = await uploadImage(file, given, setShare, gone.current.signal);
      firmwareChanged();
      if (signature || certificate) {
        const body = { signature: signature || null, signing_certificate: certificate || null };
        image = (await updateFirmware({ path: { firmware_id: image.id }, body, throwOnError: true })).data;
        firmwareChanged();
      }
      toast({
        tone: "success",
        title: t("images.uploaded", { name: image.name }),
        action: onDone ? undefined : { label: t("images.campaign"), to: appPath("/firmware/new", { image: image.id }) },
      });
      onDone?.(image);
      onClose();
    } catch (error) {
      if (gone.current.signal.aborted) return;
      setProblem(error);
    } finally {
      setShare(null);
    }
  };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <FileDrop label={t("images.file")} onFiles={([first]) => setFile(first ?? null)} isDisabled={share !== null} />
      <Fields name={file?.name} isUpload />
      {share !== null && <ProgressBar label={t("images.sending")} value={share} max={1} />}
      <DialogActions>
        <Button onPress={onClose}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isDisabled={!file} isPending={share !== null}>
          {t("images.upload")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface ImageDialogProps {
  asked: AskedImage;
  onAsk: (asked: AskedImage) => void;
  onClose: () => void;
}

export function ImageDialog({ asked: { kind, id }, onAsk, onClose }: ImageDialogProps) {
  const { t } = useTranslation("firmware");
  const { data, error, refetch } = useQuery({ ...imageQuery(id), staleTime: 0 });
  const name = data?.item.name ?? "";
  if (kind === "delete") {
    const remove = async () => {
      await deleteFirmware({ path: { firmware_id: id }, throwOnError: true });
      firmwareChanged(id);
      toast({ tone: "success", title: t("images.deleted", { name }) });
    };
    return (
      <ConfirmDialog
        isOpen
        onOpenChange={(isOpen) => isOpen || onClose()}
        title={t("images.deleteTitle", { name })}
        consequence={t("images.deleteText")}
        confirmLabel={t("images.deleteDo")}
        isDanger
        isIncomplete={!data}
        onConfirm={remove}
      />
    );
  }
  return (
    <Dialog
      title={kind === "edit" ? t("images.editTitle", { name }) : name || t("images.one")}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {error && !data ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading>
          <Skeleton lines={6} />
        </Loading>
      ) : kind === "edit" ? (
        <Edit image={data.item} etag={data.etag} onDone={onClose} />
      ) : (
        <Facts image={data.item} onEdit={() => onAsk({ kind: "edit", id })} />
      )}
    </Dialog>
  );
}

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <span className={styles.chips}>
      <span className="mono">{text}</span>
      <CopyButton text={text} label={label} />
    </span>
  );
}

function Facts({ image, onEdit }: { image: FirmwareItem; onEdit: () => void }) {
  const { t } = useTranslation("firmware");
  const download = useDownload();
  const format = useFormat();
  return (
    <Panel>
      <KeyValue
        items={[
          { label: t("images.fields.version"), value: image.version },
          { label: t("columns.size"), value: format.bytes(image.size_bytes) },
          { label: t("images.fields.vendor"), value: image.vendor },
          { label: t("images.fields.model"), value: image.model },
          { label: t("columns.signature"), value: t(isSigned(image) ? "images.signed" : "images.unsigned") },
          { label: t("columns.added"), value: format.dateTime(image.created_at) },
          {
            label: "SHA-256",
            value: <Copied text={image.sha256} label={t("images.copy", { name: "SHA-256" })} />,
            isWide: true,
          },
          { label: "MD5", value: <Copied text={image.md5} label={t("images.copy", { name: "MD5" })} />, isWide: true },
          { label: t("images.fields.notes"), value: image.notes, isWide: true },
        ]}
      />
      <DialogActions>
        <Button
          icon={<Download aria-hidden />}
          onPress={() => download(`/api/v1/firmware/${encodeURIComponent(image.id)}/content`, image.name)}
        >
          {t("images.download")}
        </Button>
        {image.can?.update_firmware && <Button onPress={onEdit}>{t("edit")}</Button>}
      </DialogActions>
    </Panel>
  );
}

function Edit({ image, etag, onDone }: { image: FirmwareItem; etag: string | null; onDone: () => void }) {
  const { t } = useTranslation("firmware");
  const begun = useBegun(etag);
  const names = useNames();
  const queries = useQueryClient();
  const [mine, setMine] = useState<Words | null>(null);
  const [theirs, setTheirs] = useState<FirmwareItem>(image);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const save = async (words: Words, version: string | null) => {
    setPending(true);
    setProblem(null);
    const { name, ...others } = words;
    const body: FirmwareUpdate = {
      name,
      ...Object.fromEntries(Object.entries(others).map(([field, value]) => [field, value || null])),
    };
    const path = { firmware_id: image.id };
    try {
      await updateFirmware({ path, body, headers: { "if-match": version }, throwOnError: true });
      firmwareChanged();
      toast({ tone: "success", title: t("images.saved", { name }) });
      onDone();
    } catch (error) {
      if (isConflict(error)) {
        setMine(words);
        setTheirs((await queries.fetchQuery({ ...imageQuery(image.id), staleTime: 0 })).item);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (mine) {
    const fields = FIELDS.map((field) => ({
      label: names[field] ?? field,
      mine: mine[field],
      theirs: theirs[field] ?? "",
    }));
    return (
      <Conflict fields={fields} onKeepTheirs={onDone} onSaveMine={() => void save(mine, etag)} isPending={isPending} />
    );
  }
  return (
    <Form onSubmit={(values) => save(wordsOf(values), begun)} problem={problem} names={names} autoComplete="off">
      <Fields image={image} />
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("save")}
        </Button>
      </DialogActions>
    </Form>
  );
}
