// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A webhook that is added, changed, given a new secret, or deleted. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createWebhook, deleteWebhook, rotateWebhookSecret, updateWebhook } from "@/api/sdk.gen";
import type { EventType, Webhook, WebhookCreate } from "@/api/types.gen";
import { webhooksChanged } from "@/features/webhooks/api";
import { chargersOf, EVENTS } from "@/features/webhooks/model";
import { useEventName } from "@/features/webhooks/parts";
import {
  Button,
  CheckboxGroup,
  ConfirmDialog,
  Dialog,
  DialogActions,
  Form,
  ProblemBanner,
  RadioGroup,
  Secret,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { textOf } from "@/lib/forms";

export type Asked = { kind: "add" } | { kind: "edit" | "rotate" | "delete"; of: Webhook };

interface WebhookDialogsProps {
  asked: Asked;
  onClose: () => void;
  onDeleted?: () => void;
}

export function WebhookDialogs({ asked, onClose, onDeleted }: WebhookDialogsProps) {
  const { t } = useTranslation("webhooks");
  const change = (isOpen: boolean) => isOpen || onClose();
  if (asked.kind === "delete") {
    const { of: webhook } = asked;
    return (
      <ConfirmDialog
        title={t("delete.title", { name: webhook.description ?? webhook.url })}
        consequence={t("delete.text")}
        confirmLabel={t("delete.do")}
        isDanger
        isOpen
        onOpenChange={change}
        onConfirm={async () => {
          await deleteWebhook({ path: { webhook_id: webhook.id }, throwOnError: true });
          toast({ tone: "success", title: t("delete.done") });
          (onDeleted ?? webhooksChanged)();
        }}
      />
    );
  }
  const title = asked.kind === "add" ? t("add") : t(asked.kind === "edit" ? "form.edit" : "rotate.title");
  return (
    <Dialog title={title} size={asked.kind === "rotate" ? "md" : "lg"} isOpen onOpenChange={change}>
      {(close) =>
        asked.kind === "rotate" ? (
          <Rotate id={asked.of.id} onDone={close} />
        ) : (
          <WebhookForm webhook={asked.kind === "edit" ? asked.of : undefined} onDone={close} />
        )
      }
    </Dialog>
  );
}

function Shown({ value, onDone }: { value: string; onDone: () => void }) {
  const { t } = useTranslation("webhooks");
  return (
    <>
      <Secret title={t("secret.title")} text={t("secret.text")} label={t("secret.label")} value={value} />
      <DialogActions>
        <Button variant="primary" onPress={onDone}>
          {t("secret.kept")}
        </Button>
      </DialogActions>
    </>
  );
}

function WebhookForm({ webhook, onDone }: { webhook?: Webhook; onDone: () => void }) {
  const { t } = useTranslation("webhooks");
  const eventName = useEventName();
  const [scope, setScope] = useState<"all" | "some">(!webhook || webhook.event_types.includes("*") ? "all" : "some");
  const [events, setEvents] = useState<EventType[]>(EVENTS.filter((each) => webhook?.event_types.includes(each)));
  const [isFault, setFault] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  if (secret !== null) return <Shown value={secret} onDone={onDone} />;
  const submit = async (values: FormData) => {
    const isMissing = scope === "some" && events.length === 0;
    setFault(isMissing);
    if (isMissing) return;
    setPending(true);
    setProblem(null);
    const body: WebhookCreate = {
      url: textOf(values, "url").trim(),
      description: textOf(values, "description").trim() || null,
      event_types: scope === "all" ? ["*"] : events,
      charger_ids: chargersOf(textOf(values, "charger_ids")),
    };
    try {
      if (webhook) {
        await updateWebhook({ path: { webhook_id: webhook.id }, body, throwOnError: true });
        toast({ tone: "success", title: t("form.saved") });
        webhooksChanged();
        onDone();
      } else {
        const { data } = await createWebhook({ body, throwOnError: true });
        webhooksChanged();
        setSecret(data.secret);
      }
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  const names = Object.fromEntries(
    ["url", "description", "event_types", "charger_ids"].map((id) => [id, t(`form.${id}`)]),
  );
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField
        label={t("form.url")}
        name="url"
        type="url"
        defaultValue={webhook?.url ?? ""}
        isRequired
        autoFocus
        maxLength={2000}
        placeholder="https://example.com/csms"
        description={t("form.urlText")}
      />
      <TextField
        label={t("form.description")}
        name="description"
        defaultValue={webhook?.description ?? ""}
        maxLength={500}
      />
      <RadioGroup
        label={t("form.event_types")}
        options={[
          { id: "all", label: t("events.all"), description: t("form.allText") },
          { id: "some", label: t("form.some") },
        ]}
        selected={scope}
        onChange={setScope}
      />
      {scope === "some" && (
        <CheckboxGroup
          label={t("form.which")}
          options={EVENTS.map((id) => ({ id, label: eventName(id), description: id }))}
          selected={events}
          onChange={setEvents}
          error={isFault ? t("form.none") : null}
        />
      )}
      <TextArea
        label={t("form.charger_ids")}
        name="charger_ids"
        rows={2}
        isMono
        defaultValue={webhook?.charger_ids?.join("\n") ?? ""}
        description={t("form.chargersText")}
      />
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t(webhook ? "save" : "form.add")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function Rotate({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useTranslation("webhooks");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  if (secret !== null) return <Shown value={secret} onDone={onDone} />;
  const rotate = async () => {
    setPending(true);
    setProblem(null);
    try {
      const { data } = await rotateWebhookSecret({ path: { webhook_id: id }, throwOnError: true });
      webhooksChanged();
      setSecret(data.secret);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <>
      <p>{t("rotate.text")}</p>
      {problem != null && <ProblemBanner problem={problem} />}
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button variant="primary" isPending={isPending} onPress={() => void rotate()}>
          {t("rotate.do")}
        </Button>
      </DialogActions>
    </>
  );
}
