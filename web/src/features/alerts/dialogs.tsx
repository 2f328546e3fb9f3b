// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** To whom, until when, and why it is over. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { assign, findAssignees, resolve, snooze } from "@/features/alerts/api";
import type { Asked } from "@/features/alerts/model";
import {
  Button,
  ComboBox,
  ConfirmDialog,
  DatePicker,
  Dialog,
  DialogActions,
  Form,
  RadioGroup,
  TextArea,
  toast,
  type Option,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMe } from "@/lib/me";

interface AlertDialogsProps {
  asked: Asked;
  onClose: () => void;
  onDone?: () => void;
}

const HOUR_MS = 3_600_000;
const LONGEST_DAYS = 90;
const WORDS_MAX = 1_900;
const MANY = 20;

export function AlertDialogs({ asked, onClose, onDone }: AlertDialogsProps) {
  const { t } = useTranslation("alerts");
  const { kind, count, name } = asked;
  if (kind === "resolve") return <Resolve asked={asked} onClose={onClose} onDone={onDone} />;
  const title = name ? t(`${kind}.titleOne`, { name }) : t(`${kind}.title`, { count });
  return (
    <Dialog title={title} isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => {
        const done = (changed: number, said: string) => {
          toast(changed ? { tone: "success", title: said } : { title: t("done.nothing") });
          onDone?.();
          close();
        };
        return kind === "assign" ? (
          <Assign asked={asked} onDone={done} onClose={close} />
        ) : (
          <Snooze asked={asked} onDone={done} onClose={close} />
        );
      }}
    </Dialog>
  );
}

interface PartProps {
  asked: Asked;
  onClose: () => void;
  onDone: (changed: number, said: string) => void;
}

function usePending() {
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const run = async (work: () => Promise<void>) => {
    setPending(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return { isPending, problem, run };
}

function Assign({ asked, onClose, onDone }: PartProps) {
  const { t } = useTranslation("alerts");
  const me = useMe();
  const [whom, setWhom] = useState<Option | null>(me ? { id: me.id, label: me.display_name ?? me.username } : null);
  const { isPending, problem, run } = usePending();
  const give = (user: Option | null) =>
    run(async () => {
      const count = await assign(asked.target, user?.id ?? null);
      onDone(count, user ? t("done.assigned", { count, name: user.label }) : t("done.unassigned", { count }));
    });
  return (
    <Form
      onSubmit={() => give(whom)}
      problem={problem}
      names={{ assigned_to: t("columns.assignee") }}
      autoComplete="off"
    >
      <ComboBox
        label={t("columns.assignee")}
        description={t("assign.text")}
        load={findAssignees}
        selected={whom}
        onChange={(_, option) => setWhom(option)}
        isRequired
      />
      <DialogActions>
        <Button onPress={onClose}>{t("form.cancel")}</Button>
        <Button isPending={isPending} onPress={() => void give(null)}>
          {t("assign.nobody")}
        </Button>
        <Button type="submit" variant="primary" isPending={isPending} isDisabled={!whom}>
          {t("assign.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}

const SPANS = { hour: 1, four: 4, day: 24, week: 168 } as const;
type Span = keyof typeof SPANS | "other";
const CHOICES: readonly Span[] = ["hour", "four", "day", "week", "other"];

function Snooze({ asked, onClose, onDone }: PartProps) {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  const [span, setSpan] = useState<Span>("hour");
  const [own, setOwn] = useState<string | null>(null);
  const [now] = useState(() => Date.now());
  const { isPending, problem, run } = usePending();
  const untilOf = (each: Span, from: number) =>
    each === "other" ? own : new Date(from + SPANS[each] * HOUR_MS).toISOString();
  const submit = () => {
    const until = untilOf(span, Date.now());
    if (!until) return;
    void run(async () => {
      const count = await snooze(asked.target, until);
      onDone(count, t("done.snoozed", { count, until: format.dateTime(until) }));
    });
  };
  const options = CHOICES.map((id) => {
    const until = id === "other" ? null : untilOf(id, now);
    return { id, label: t(`snooze.${id}`), description: until ? format.dateTime(until) : undefined };
  });
  return (
    <Form onSubmit={submit} problem={problem} names={{ until: t("snooze.until") }}>
      <p>{t("snooze.text")}</p>
      <RadioGroup label={t("snooze.how")} options={options} selected={span} onChange={setSpan} />
      {span === "other" && (
        <DatePicker
          label={t("snooze.until")}
          granularity="minute"
          value={own}
          onChange={setOwn}
          min={new Date(now).toISOString()}
          max={new Date(now + LONGEST_DAYS * 24 * HOUR_MS).toISOString()}
          isRequired
        />
      )}
      <DialogActions>
        <Button onPress={onClose}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending} isDisabled={!untilOf(span, now)}>
          {t("snooze.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function Resolve({ asked, onClose, onDone }: AlertDialogsProps) {
  const { t } = useTranslation("alerts");
  const { target, count, name } = asked;
  const [text, setText] = useState("");
  const confirm = async () => {
    const changed = await resolve(target, text.trim() || null);
    toast(changed ? { tone: "success", title: t("done.resolved", { count: changed }) } : { title: t("done.nothing") });
    onDone?.();
  };
  return (
    <ConfirmDialog
      title={name && count === 1 ? t("resolve.titleOne", { name }) : t("resolve.title", { count })}
      consequence={
        <>
          {name && count !== 1 && <p>{name}</p>}
          <p>{t("resolve.text")}</p>
        </>
      }
      confirmLabel={t("resolve.do")}
      typed={count >= MANY ? String(count) : undefined}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      onConfirm={confirm}
    >
      <TextArea label={t("resolve.why")} value={text} onChange={setText} maxLength={WORDS_MAX} rows={3} />
    </ConfirmDialog>
  );
}
