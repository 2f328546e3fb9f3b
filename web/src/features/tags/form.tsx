// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A tag that is made known, or changed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createToken, listTokenGroups } from "@/api/sdk.gen";
import type { Token, TokenCreate } from "@/api/types.gen";
import { changeTag, tagQuery, tagsChanged } from "@/features/tags/api";
import { KINDS, STATUSES, tagPath, type TagKind, type TagStatus } from "@/features/tags/model";
import { Button, Conflict, DatePicker, DialogActions, FieldRow, Form, Select, TextArea, TextField, toast } from "@/kit";
import { isConflict, useBegun } from "@/lib/edited";
import { useFormat } from "@/lib/format";
import { textOf } from "@/lib/forms";

interface TagFormProps {
  tag?: Token;
  etag?: string | null;
  onDone: () => void;
}

type Body = Required<Pick<TokenCreate, "type" | "status" | "group" | "expires_at" | "note">>;

export function TagForm({ tag, etag = null, onDone }: TagFormProps) {
  const { t } = useTranslation("tags");
  const begun = useBegun(etag);
  const queries = useQueryClient();
  const [status, setStatus] = useState<TagStatus>(tag?.status ?? "accepted");
  const [type, setType] = useState<TagKind>(KINDS.find((kind) => kind === tag?.type) ?? "rfid");
  const [expires, setExpires] = useState<string | null>(tag?.expires_at ?? null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<Body | null>(null);
  const save = async (body: Body, value: string, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const saved = tag
        ? await changeTag(tag.id, body, version)
        : (await createToken({ body: { ...body, value }, throwOnError: true })).data;
      tagsChanged();
      const name = saved.value;
      toast({
        tone: "success",
        title: t(tag ? "form.saved" : "form.added", { name }),
        action: tag ? undefined : { label: t("actions.open"), to: tagPath(saved.id) },
      });
      onDone();
    } catch (error) {
      if (tag && isConflict(error)) {
        await queries.invalidateQueries({ queryKey: tagQuery(tag.id).queryKey });
        setMine(body);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (tag && mine)
    return (
      <Differences
        tag={tag}
        mine={mine}
        isPending={isPending}
        onKeep={onDone}
        onSave={() => void save(mine, "", etag)}
      />
    );
  const submit = (values: FormData) => {
    const text = (name: string) => textOf(values, name).trim() || null;
    return save(
      { type, status, group: text("group"), note: text("note"), expires_at: expires },
      text("value") ?? "",
      begun,
    );
  };
  const names = Object.fromEntries(
    ["value", "status", "type", "group", "expires_at", "note"].map((name) => [name, t(`form.${name}`)]),
  );
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      {!tag && (
        <TextField
          label={t("form.value")}
          name="value"
          isRequired
          isMono
          autoFocus
          maxLength={36}
          description={t("form.valueText")}
        />
      )}
      <FieldRow>
        <Select
          label={t("form.status")}
          options={STATUSES.map((id) => ({ id, label: t(`status.${id}`) }))}
          selected={status}
          onChange={setStatus}
        />
        <Select
          label={t("form.type")}
          options={KINDS.map((id) => ({ id, label: t(`kinds.${id}`) }))}
          selected={type}
          onChange={setType}
        />
      </FieldRow>
      <GroupField value={tag?.group ?? ""} />
      <DatePicker
        label={t("form.expires_at")}
        granularity="minute"
        value={expires}
        onChange={setExpires}
        description={t("form.expiresText")}
      />
      <TextArea label={t("form.note")} name="note" defaultValue={tag?.note ?? ""} rows={2} maxLength={500} />
      <DialogActions>
        <Button onPress={onDone}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {tag ? t("form.save") : t("form.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function GroupField({ value }: { value: string }) {
  const { t } = useTranslation("tags");
  const { data } = useQuery({
    queryKey: ["tags", "groups", "names"],
    queryFn: async ({ signal }) =>
      (await listTokenGroups({ query: { limit: 50 }, signal, throwOnError: true })).data.items,
  });
  const names = data?.map(({ name }) => name) ?? [];
  const known = names.length ? t("form.groupKnown", { list: names.slice(0, 5).join(", ") }) : "";
  return (
    <TextField
      label={t("form.group")}
      name="group"
      defaultValue={value}
      maxLength={36}
      description={[t("form.groupText"), known].filter(Boolean).join(" ")}
    />
  );
}

interface DifferencesProps {
  tag: Token;
  mine: Body;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Differences({ tag, mine, isPending, onKeep, onSave }: DifferencesProps) {
  const { t } = useTranslation("tags");
  const format = useFormat();
  const { data } = useQuery(tagQuery(tag.id));
  const theirs = data?.item ?? tag;
  const words = ({ status, type, group, note, expires_at: end }: Body | Token) => ({
    status: t(`status.${status}`),
    type: t(`kinds.${type}`, { defaultValue: type }),
    group: group ?? "",
    expires_at: end === null ? "" : format.exact(end),
    note: note ?? "",
  });
  const [one, other] = [words(mine), words(theirs)];
  const fields = (["status", "type", "group", "expires_at", "note"] as const).map((name) => ({
    label: t(`form.${name}`),
    mine: one[name],
    theirs: other[name],
  }));
  return <Conflict fields={fields} onKeepTheirs={onKeep} onSaveMine={onSave} isPending={isPending} />;
}
