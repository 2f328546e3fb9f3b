// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked about one user, over the list or over their own screen. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import {
  askUserVerification,
  handOverUser,
  inviteUser,
  listApiKeys,
  reactivateUser,
  retireUser,
  signOutUser,
  suspendUser,
} from "@/api/sdk.gen";
import type { Link, UserItem } from "@/api/types.gen";
import { keysChanged, userQuery, usersChanged } from "@/features/people/api";
import { nameOf } from "@/features/people/model";
import styles from "@/features/people/people.module.css";
import type { Asked, AskedKind } from "@/features/people/user-actions";
import { EditForm, Invited, InviteForm } from "@/features/people/user-form";
import { AwaitedDialog, Button, ConfirmDialog, Dialog, DialogActions, ProblemBanner, TextLink, toast } from "@/kit";
import { useMay } from "@/lib/me";

interface UserDialogsProps {
  asked: Asked;
  onClose: () => void;
  onGone?: () => void;
}

export function UserDialogs({ asked, onClose, onGone }: UserDialogsProps) {
  const { t } = useTranslation("people");
  if (asked.id !== null) return <OfOne kind={asked.kind} id={asked.id} onClose={onClose} onGone={onGone} />;
  return (
    <Dialog title={t("form.invite")} size="lg" isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      {(close) => <InviteForm onDone={close} />}
    </Dialog>
  );
}

const CALLS = {
  suspend: suspendUser,
  reactivate: reactivateUser,
  sign_out: signOutUser,
  hand_over: handOverUser,
  retire: retireUser,
  verify: askUserVerification,
};

interface OfOneProps {
  kind: AskedKind;
  id: string;
  onClose: () => void;
  onGone?: () => void;
}

function OfOne({ kind, id, onClose, onGone }: OfOneProps) {
  const { t } = useTranslation("people");
  const query = useQuery(userQuery(id));
  const change = (isOpen: boolean) => isOpen || onClose();
  if (!query.data) return <AwaitedDialog title={t("title")} query={query} onOpenChange={change} />;
  const { item: user, etag } = query.data;
  const name = nameOf(user);
  if (kind === "invite" || kind === "edit") {
    return (
      <Dialog title={t("form.edit", { name })} size="lg" isOpen onOpenChange={change}>
        {(close) => <EditForm user={user} etag={etag} onDone={close} />}
      </Dialog>
    );
  }
  if (kind === "reinvite") {
    return (
      <Dialog title={t("reinvite.title", { name })} isOpen onOpenChange={change}>
        {(close) => <Reinvite user={user} onDone={close} />}
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      title={t(`${kind}.title`, { name })}
      consequence={t(`${kind}.text`, { name, email: user.email })}
      confirmLabel={t(`actions.${kind}`)}
      isDanger={kind === "suspend" || kind === "hand_over" || kind === "retire"}
      isOpen
      onOpenChange={change}
      onConfirm={async () => {
        await CALLS[kind]({ path: { user_id: id }, throwOnError: true });
        toast({ tone: "success", title: t(`${kind}.done`, { name }) });
        usersChanged();
        keysChanged();
        if (kind === "retire") onGone?.();
      }}
    >
      {(kind === "suspend" || kind === "retire") && <Keys user={user} />}
    </ConfirmDialog>
  );
}

/** Programs stop when whoever answers for their keys goes. */
function Keys({ user }: { user: UserItem }) {
  const { t } = useTranslation("people");
  const may = useMay();
  const { data } = useQuery({
    queryKey: ["api-keys", "of", user.id],
    queryFn: async ({ signal }) =>
      (
        await listApiKeys({
          query: { maker_id: [user.id], status: ["active"], limit: 20 },
          signal,
          throwOnError: true,
        })
      ).data.items,
    enabled: may("account:api_key:read"),
  });
  if (!data?.length) return null;
  return (
    <div>
      <p>{t("keysStop", { count: data.length })}</p>
      <ul className={styles.facts}>
        {data.map(({ id, name }) => (
          <li key={id}>
            <TextLink to={`/api-keys/${id}`}>{name}</TextLink>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Reinvite({ user, onDone }: { user: UserItem; onDone: () => void }) {
  const { t } = useTranslation("people");
  const [link, setLink] = useState<Link | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [pending, setPending] = useState<"mail" | "link" | null>(null);
  if (link) return <Invited user={{ ...user, mail: link.mail, invitation_url: link.url }} onDone={onDone} />;
  const make = async (show: boolean) => {
    setPending(show ? "link" : "mail");
    setProblem(null);
    try {
      const { data } = await inviteUser({
        path: { user_id: user.id },
        body: { show_link: show },
        throwOnError: true,
      });
      usersChanged();
      setLink(data);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(null);
    }
  };
  return (
    <>
      <p>{t(user.status === "invited" ? "reinvite.text" : "reinvite.password")}</p>
      {problem != null && <ProblemBanner problem={problem} />}
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        {user.email !== null && (
          <Button isPending={pending === "link"} onPress={() => void make(true)}>
            {t("reinvite.show")}
          </Button>
        )}
        <Button variant="primary" isPending={pending === "mail"} onPress={() => void make(user.email === null)}>
          {t(user.email === null ? "reinvite.make" : "reinvite.send")}
        </Button>
      </DialogActions>
    </>
  );
}
