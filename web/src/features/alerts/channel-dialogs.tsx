// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A way to people: made, changed, put out of use, taken away. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createNotificationChannel, deleteNotificationChannel, updateNotificationChannel } from "@/api/sdk.gen";
import type { Channel, ChannelCreate, ChannelSecret } from "@/api/types.gen";
import styles from "@/features/alerts/alerts.module.css";
import type { AskedChannel } from "@/features/alerts/channels";
import { wordsOf } from "@/features/alerts/rule-model";
import { channelsChanged } from "@/features/alerts/rules-api";
import {
  Banner,
  Button,
  Checkbox,
  ConfirmDialog,
  CopyButton,
  Dialog,
  DialogActions,
  Form,
  Panel,
  RadioGroup,
  Select,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { LANGUAGES, useAppearance } from "@/lib/appearance";

const KINDS = ["email", "apprise", "webhook"] as const;
type Kind = (typeof KINDS)[number];
const NAME_MAX = 100;
const URL_MAX = 2_000;

interface ChannelDialogsProps {
  asked: AskedChannel;
  onClose: () => void;
}

export function ChannelDialogs({ asked: { kind, channel }, onClose }: ChannelDialogsProps) {
  const { t } = useTranslation("alert-rules");
  if (channel && (kind === "toggle" || kind === "delete"))
    return <Confirmation kind={kind} channel={channel} onClose={onClose} />;
  const title = channel ? t("channel.edit", { name: channel.name }) : t("channel.add");
  return (
    <Dialog title={title} isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => <ChannelForm channel={channel} onDone={close} />}
    </Dialog>
  );
}

interface ConfirmationProps {
  kind: "toggle" | "delete";
  channel: Channel;
  onClose: () => void;
}

function Confirmation({ kind, channel: { id, name, enabled }, onClose }: ConfirmationProps) {
  const { t } = useTranslation("alert-rules");
  const what = kind === "delete" ? "channelDelete" : enabled ? "channelOff" : "channelOn";
  const confirm = async () => {
    const path = { channel_id: id };
    if (what === "channelDelete") await deleteNotificationChannel({ path, throwOnError: true });
    else await updateNotificationChannel({ path, body: { enabled: !enabled }, throwOnError: true });
    channelsChanged();
    toast({ tone: "success", title: t(`${what}.done`, { name }) });
  };
  return (
    <ConfirmDialog
      title={t(`${what}.title`, { name })}
      consequence={t(`${what}.text`)}
      confirmLabel={t(`${what}.do`)}
      isDanger={what === "channelDelete"}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={confirm}
    />
  );
}

function configOf(kind: Kind, address: string): ChannelCreate["config"] {
  return kind === "email" ? { kind, recipients: wordsOf(address) } : { kind, url: address.trim() };
}

function ChannelForm({ channel, onDone }: { channel: Channel | null; onDone: () => void }) {
  const { t } = useTranslation("alert-rules");
  const { t: alerts } = useTranslation("alerts");
  const own = useAppearance((state) => state.language);
  const [kind, setKind] = useState<Kind>(channel?.kind ?? "email");
  const [name, setName] = useState(channel?.name ?? "");
  const [address, setAddress] = useState("");
  const [language, setLanguage] = useState(channel?.language ?? own);
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [made, setMade] = useState<ChannelSecret | null>(null);
  const submit = async () => {
    setPending(true);
    setProblem(null);
    const common = { name: name.trim(), language, enabled };
    const config = address.trim() ? configOf(kind, address) : undefined;
    try {
      if (channel) {
        const path = { channel_id: channel.id };
        await updateNotificationChannel({ path, body: { ...common, ...(config && { config }) }, throwOnError: true });
      } else if (config) {
        const { data } = await createNotificationChannel({ body: { ...common, config }, throwOnError: true });
        if (data.secret) setMade(data);
      }
      channelsChanged();
      toast({ tone: "success", title: t("form.saved", { name: common.name }) });
      if (channel || kind !== "webhook") onDone();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (made) return <Secret channel={made} onClose={onDone} />;
  const languages = [...new Set([...Object.keys(LANGUAGES), language])];
  const words = new Intl.DisplayNames(own, { type: "language" });
  const names = {
    name: t("columns.name"),
    "config.email.recipients": t("channel.recipients"),
    "config.webhook.url": t("channel.url"),
    "config.apprise.url": t("channel.service"),
  };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField
        label={t("columns.name")}
        name="name"
        value={name}
        onChange={setName}
        maxLength={NAME_MAX}
        isRequired
        autoFocus
      />
      {!channel && (
        <RadioGroup
          label={t("columns.kind")}
          options={KINDS.map((id) => ({ id, label: t(`kind.${id}`), description: t(`kindText.${id}`) }))}
          selected={kind}
          onChange={(next) => {
            setKind(next);
            setAddress("");
          }}
        />
      )}
      {kind === "email" ? (
        <TextArea
          label={t("channel.recipients")}
          name="config.email.recipients"
          description={channel ? t("channel.kept", { target: channel.target }) : t("form.lines")}
          value={address}
          onChange={setAddress}
          rows={3}
          isRequired={!channel}
        />
      ) : (
        <TextField
          label={t(kind === "webhook" ? "channel.url" : "channel.service")}
          name={`config.${kind}.url`}
          description={channel ? t("channel.kept", { target: channel.target }) : t(`channel.${kind}Text`)}
          value={address}
          onChange={setAddress}
          maxLength={URL_MAX}
          isMono
          isRequired={!channel}
        />
      )}
      <Select
        label={t("columns.language")}
        options={languages.map((id) => ({ id, label: words.of(id) ?? id }))}
        selected={language}
        onChange={setLanguage}
      />
      <Checkbox isSelected={enabled} onChange={setEnabled}>
        {t("channel.enabled")}
      </Checkbox>
      <DialogActions>
        <Button onPress={onDone}>{alerts("form.cancel")}</Button>
        <Button
          type="submit"
          variant="primary"
          isPending={isPending}
          isDisabled={!name.trim() || (!channel && !address.trim())}
        >
          {t("form.save")}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** Shown this once. */
function Secret({ channel, onClose }: { channel: ChannelSecret; onClose: () => void }) {
  const { t } = useTranslation("alert-rules");
  const secret = channel.secret ?? "";
  return (
    <Panel>
      <Banner tone="warning" title={t("channel.secretTitle")}>
        {t("channel.secretText")}
      </Banner>
      <p className={styles.row}>
        <code className="mono">{secret}</code>
        <CopyButton text={secret} label={t("channel.copySecret")} />
      </p>
      <DialogActions>
        <Button variant="primary" onPress={onClose}>
          {t("channel.secretDone")}
        </Button>
      </DialogActions>
    </Panel>
  );
}
