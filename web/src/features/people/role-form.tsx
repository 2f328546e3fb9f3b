// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A role that is made: from nothing, or as another one is. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createRole } from "@/api/sdk.gen";
import { rolesChanged, rolesQuery } from "@/features/people/api";
import { rolePath } from "@/features/people/model";
import { useRoleName } from "@/features/people/parts";
import { keyOf } from "@/features/people/permissions";
import { Button, Checkbox, Dialog, DialogActions, Form, Select, TextArea, TextField, toast } from "@/kit";
import { textOf } from "@/lib/forms";

interface NewRoleDialogProps {
  /** The role that it begins like. */
  like?: string;
  onClose: () => void;
}

export function NewRoleDialog({ like, onClose }: NewRoleDialogProps) {
  const { t } = useTranslation("roles");
  const name = useRoleName();
  return (
    <Dialog
      title={like ? t("form.clone", { name: name(like) }) : t("add")}
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      {(close) => <NewRole like={like} onDone={close} />}
    </Dialog>
  );
}

function NewRole({ like: given, onDone }: { like?: string; onDone: () => void }) {
  const { t } = useTranslation("roles");
  const navigate = useNavigate();
  const roleName = useRoleName();
  const { data: roles } = useQuery(rolesQuery);
  const [like, setLike] = useState(given ?? "viewer");
  const [name, setName] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const [asksFactor, setAsksFactor] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const submit = async (values: FormData) => {
    setPending(true);
    setProblem(null);
    try {
      const { data } = await createRole({
        body: {
          key: key ?? keyOf(name),
          name: name.trim(),
          description: textOf(values, "description").trim() || null,
          like,
          require_mfa: asksFactor,
        },
        throwOnError: true,
      });
      rolesChanged();
      toast({ tone: "success", title: t("form.added", { name: data.name }) });
      onDone();
      await navigate({ to: rolePath(data.key) });
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  const names = { key: t("form.key"), name: t("form.name"), description: t("form.description"), like: t("form.like") };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField
        label={t("form.name")}
        name="name"
        value={name}
        onChange={setName}
        isRequired
        autoFocus
        maxLength={150}
      />
      <TextField
        label={t("form.key")}
        name="key"
        value={key ?? keyOf(name)}
        onChange={setKey}
        isRequired
        isMono
        maxLength={60}
        pattern="[a-z0-9][a-z0-9-]*"
        description={t("form.keyText")}
        spellCheck="false"
      />
      <Select
        label={t("form.like")}
        description={t("form.likeText")}
        options={(roles ?? []).map((role) => ({ id: role.key, label: roleName(role.key) }))}
        selected={like}
        onChange={setLike}
      />
      <TextArea label={t("form.description")} name="description" rows={2} maxLength={500} />
      <Checkbox isSelected={asksFactor} onChange={setAsksFactor} description={t("form.mfaText")}>
        {t("form.mfa")}
      </Checkbox>
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("form.add")}
        </Button>
      </DialogActions>
    </Form>
  );
}
