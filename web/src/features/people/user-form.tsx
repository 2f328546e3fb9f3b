// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Somebody who is invited, or whose account is changed. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createUser } from "@/api/sdk.gen";
import type { UserInvited, UserItem, UserUpdate } from "@/api/types.gen";
import { changeUser, userQuery, usersChanged } from "@/features/people/api";
import { GivenField } from "@/features/people/given-field";
import { faultOf, givenOf, nameOf, rolesOf, userPath, type Given } from "@/features/people/model";
import { useRolesWords } from "@/features/people/parts";
import {
  Banner,
  Button,
  Checkbox,
  Conflict,
  DialogActions,
  Disclosure,
  FieldRow,
  Form,
  LinkButton,
  Panel,
  Secret,
  TextField,
  toast,
} from "@/kit";
import { isConflict, useBegun } from "@/lib/edited";
import { textOf } from "@/lib/forms";
import { useMe } from "@/lib/me";
import { queries } from "@/lib/queries";

const FIELDS = ["username", "display_name", "email", "role", "assignments"] as const;

function useNames(): Record<string, string> {
  const { t } = useTranslation("people");
  return Object.fromEntries(FIELDS.map((name) => [name, t(`form.${name === "assignments" ? "places" : name}`)]));
}

export function InviteForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("people");
  const [given, setGiven] = useState<Given[]>([]);
  const [showLink, setShowLink] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [invited, setInvited] = useState<UserInvited | null>(null);
  const names = useNames();
  if (invited) return <Invited user={invited} onDone={onDone} />;
  const submit = async (values: FormData) => {
    const wrong = faultOf(given);
    setFault(wrong && t(`form.faults.${wrong}`));
    if (wrong) return;
    const email = textOf(values, "email").trim();
    const username = textOf(values, "username").trim() || email;
    setPending(true);
    setProblem(null);
    try {
      const body = {
        username,
        email: email || null,
        display_name: textOf(values, "display_name").trim() || null,
        show_link: showLink,
        ...rolesOf(given),
      };
      const { data } = await createUser({ body, throwOnError: true });
      usersChanged();
      setInvited(data);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <FieldRow>
        <TextField label={t("form.email")} name="email" type="email" isRequired autoFocus maxLength={254} />
        <TextField label={t("form.display_name")} name="display_name" maxLength={150} />
      </FieldRow>
      <GivenField value={given} onChange={setGiven} fault={fault} />
      <Disclosure title={t("actions.more")}>
        <Panel>
          <TextField
            label={t("form.username")}
            name="username"
            maxLength={150}
            description={t("form.usernameText")}
            spellCheck="false"
          />
          <Checkbox isSelected={showLink} onChange={setShowLink} description={t("form.showLinkText")}>
            {t("form.showLink")}
          </Checkbox>
        </Panel>
      </Disclosure>
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("form.send")}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** How the link gets to them. */
export function Invited({
  user: { id, mail, invitation_url: url, ...user },
  onDone,
}: {
  user: Pick<UserInvited, "id" | "username" | "display_name" | "mail" | "invitation_url">;
  onDone: () => void;
}) {
  const { t } = useTranslation("people");
  const name = nameOf(user);
  return (
    <>
      {mail && (
        <Banner tone="success" title={t("invited.mailed", { name })} live="status">
          {t("invited.mailedText", { email: mail.recipient })}
        </Banner>
      )}
      {url && (
        <Secret
          title={t(mail ? "invited.alsoLink" : "invited.link", { name })}
          text={t("invited.linkText")}
          label={t("invited.label")}
          value={url}
        />
      )}
      <DialogActions>
        <LinkButton to={userPath(id)} onPress={onDone}>
          {t("actions.open")}
        </LinkButton>
        <Button variant="primary" onPress={onDone}>
          {t("done")}
        </Button>
      </DialogActions>
    </>
  );
}

export function EditForm({ user, etag, onDone }: { user: UserItem; etag: string | null; onDone: () => void }) {
  const { t } = useTranslation("people");
  const begun = useBegun(etag);
  const me = useMe();
  const isMe = me?.id === user.id;
  const [given, setGiven] = useState<Given[]>(() => givenOf(user));
  const [fault, setFault] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<UserUpdate | null>(null);
  const names = useNames();
  const save = async (body: UserUpdate, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const saved = await changeUser(user.id, body, version);
      usersChanged();
      toast({ tone: "success", title: t("form.saved", { name: nameOf(saved) }) });
      onDone();
    } catch (error) {
      if (isConflict(error)) {
        await queries.invalidateQueries({ queryKey: userQuery(user.id).queryKey });
        setMine(body);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (mine)
    return (
      <Differences user={user} mine={mine} isPending={isPending} onKeep={onDone} onSave={() => void save(mine, etag)} />
    );
  const submit = (values: FormData) => {
    const wrong = isMe ? null : faultOf(given);
    setFault(wrong && t(`form.faults.${wrong}`));
    if (wrong) return;
    const text = (name: string) => textOf(values, name).trim() || null;
    const body: UserUpdate = { username: text("username"), display_name: text("display_name") };
    return save(isMe ? body : { ...body, email: text("email"), ...rolesOf(given) }, begun);
  };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <FieldRow>
        <TextField
          label={t("form.display_name")}
          name="display_name"
          defaultValue={user.display_name ?? ""}
          maxLength={150}
        />
        <TextField
          label={t("form.username")}
          name="username"
          defaultValue={user.username}
          isRequired
          maxLength={150}
          spellCheck="false"
        />
      </FieldRow>
      {isMe ? (
        <Banner title={t("form.own")} live="off" />
      ) : (
        <>
          <TextField
            label={t("form.email")}
            name="email"
            type="email"
            defaultValue={user.email ?? ""}
            maxLength={254}
            description={t("form.emailText")}
          />
          <GivenField value={given} onChange={setGiven} fault={fault} />
        </>
      )}
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("save")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface DifferencesProps {
  user: UserItem;
  mine: UserUpdate;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Differences({ user, mine, isPending, onKeep, onSave }: DifferencesProps) {
  const { t } = useTranslation("people");
  const words = useRolesWords();
  const { data } = useQuery(userQuery(user.id));
  const theirs = data?.item ?? user;
  const merged = { ...theirs, ...mine };
  const fields = (["username", "display_name", "email"] as const).map((name) => ({
    label: t(`form.${name}`),
    mine: merged[name] ?? "",
    theirs: theirs[name] ?? "",
  }));
  const roles = {
    label: t("columns.roles"),
    mine: words({ role: merged.role ?? theirs.role, assignments: merged.assignments ?? theirs.assignments }),
    theirs: words(theirs),
  };
  return <Conflict fields={[...fields, roles]} onKeepTheirs={onKeep} onSaveMine={onSave} isPending={isPending} />;
}
