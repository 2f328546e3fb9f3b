// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A key that is made, changed, rotated, taken over or revoked. Its secret is shown once. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { createApiKey, revokeApiKey, rotateApiKey, takeOverApiKey, updateApiKey } from "@/api/sdk.gen";
import type { ApiKeyCreate, ApiKeyItem } from "@/api/types.gen";
import { keysChanged, loadPlaces, permissionsQuery, rolesQuery, usePlaceNames } from "@/features/people/api";
import type { KeyAsked } from "@/features/people/key-parts";
import { Matrix } from "@/features/people/matrix";
import type { PlaceId } from "@/features/people/model";
import { useRoleName } from "@/features/people/parts";
import { givable } from "@/features/people/permissions";
import styles from "@/features/people/people.module.css";
import {
  Button,
  ConfirmDialog,
  DatePicker,
  Dialog,
  DialogActions,
  ErrorState,
  Form,
  MultiSelect,
  NumberField,
  Panel,
  ProblemBanner,
  Secret,
  Select,
  Skeleton,
  TextField,
  toast,
} from "@/kit";
import { textOf } from "@/lib/forms";
import { useMay, useMe } from "@/lib/me";

export function KeyDialogs({ asked, onClose }: { asked: KeyAsked; onClose: () => void }) {
  const { t } = useTranslation("keys");
  const change = (isOpen: boolean) => isOpen || onClose();
  if (asked.kind === "add") {
    return (
      <Dialog title={t("add")} size="xl" isOpen onOpenChange={change}>
        {(close) => <NewKey onDone={close} />}
      </Dialog>
    );
  }
  const { kind, of: key } = asked;
  const { name } = key;
  if (kind === "edit" || kind === "rotate") {
    return (
      <Dialog title={t(`${kind}.title`, { name })} isOpen onOpenChange={change}>
        {(close) => (kind === "edit" ? <EditKey of={key} onDone={close} /> : <Rotate of={key} onDone={close} />)}
      </Dialog>
    );
  }
  const call = kind === "revoke" ? revokeApiKey : takeOverApiKey;
  return (
    <ConfirmDialog
      title={t(`${kind}.title`, { name })}
      consequence={t(`${kind}.text`)}
      confirmLabel={t(`actions.${kind}`)}
      isDanger={kind === "revoke"}
      isOpen
      onOpenChange={change}
      onConfirm={async () => {
        await call({ path: { key_id: key.id }, throwOnError: true });
        toast({ tone: "success", title: t(`${kind}.done`, { name }) });
        keysChanged();
      }}
    />
  );
}

function Made({ secret, onDone }: { secret: string; onDone: () => void }) {
  const { t } = useTranslation("keys");
  return (
    <>
      <Secret title={t("made.title")} text={t("made.text")} label={t("made.label")} value={secret} />
      <DialogActions>
        <Button variant="primary" onPress={onDone}>
          {t("made.kept")}
        </Button>
      </DialogActions>
    </>
  );
}

function NewKey({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("keys");
  const may = useMay();
  const me = useMe();
  const place = usePlaceNames();
  const roleName = useRoleName();
  const { data: all, error, refetch } = useQuery({ ...permissionsQuery, enabled: may("account:role:read") });
  const { data: roles } = useQuery({ ...rolesQuery, enabled: may("account:role:read") });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [places, setPlaces] = useState<PlaceId[]>([]);
  const [expires, setExpires] = useState<string | null>(null);
  const [isFault, setFault] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const mayGive = useMemo(() => givable(me?.grants ?? []), [me]);
  const offered = useMemo(
    () => all ?? (me?.permissions ?? []).map((name) => ({ name, place_bound: false })),
    [all, me],
  );
  if (secret !== null) return <Made secret={secret} onDone={onDone} />;
  const submit = async (values: FormData) => {
    setFault(chosen.size === 0);
    if (chosen.size === 0) return;
    setPending(true);
    setProblem(null);
    try {
      const body: ApiKeyCreate = {
        name: textOf(values, "name").trim(),
        permissions: [...chosen].toSorted() as ApiKeyCreate["permissions"],
        places: places.length ? places.map((each) => each.slice(each.indexOf(":") + 1)) : null,
        expires_at: expires,
      };
      const { data } = await createApiKey({ body, throwOnError: true });
      keysChanged();
      setSecret(data.key);
    } catch (thrown) {
      setProblem(thrown);
    } finally {
      setPending(false);
    }
  };
  const names = Object.fromEntries(["name", "permissions", "places", "expires_at"].map((id) => [id, t(`form.${id}`)]));
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField
        label={t("form.name")}
        name="name"
        isRequired
        autoFocus
        maxLength={150}
        description={t("form.nameText")}
      />
      <MultiSelect
        label={t("form.places")}
        description={t("form.placesText")}
        load={loadPlaces}
        selected={places.map((id) => ({ id, label: place(id) }))}
        onChange={setPlaces}
      />
      <DatePicker
        label={t("form.expires_at")}
        description={t("form.expiresText")}
        granularity="minute"
        value={expires}
        onChange={setExpires}
      />
      {roles && (
        <Select
          label={t("form.like")}
          description={t("form.likeText")}
          options={roles.map(({ key }) => ({ id: key, label: roleName(key) }))}
          onChange={(key) => {
            const role = roles.find((each) => each.key === key);
            setChosen(new Set(role?.permissions.filter((each) => mayGive.has(each))));
          }}
        />
      )}
      <Panel label={t("form.permissions")}>
        <h3>{t("form.chosen", { count: chosen.size })}</h3>
        {error ? (
          <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
        ) : offered.length === 0 ? (
          <Skeleton lines={8} />
        ) : (
          <Matrix all={offered} chosen={chosen} onChange={setChosen} givable={mayGive} />
        )}
      </Panel>
      {isFault && (
        <p role="alert" className={styles.fault}>
          {t("form.none")}
        </p>
      )}
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("form.make")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface OfKey {
  of: ApiKeyItem;
  onDone: () => void;
}

function EditKey({ of: key, onDone }: OfKey) {
  const { t } = useTranslation("keys");
  const [expires, setExpires] = useState<string | null>(key.expires_at);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const submit = async (values: FormData) => {
    setPending(true);
    setProblem(null);
    try {
      const body = { name: textOf(values, "name").trim(), expires_at: expires };
      const { data } = await updateApiKey({ path: { key_id: key.id }, body, throwOnError: true });
      keysChanged();
      toast({ tone: "success", title: t("edit.done", { name: data.name }) });
      onDone();
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Form onSubmit={submit} problem={problem} names={{ name: t("form.name"), expires_at: t("form.expires_at") }}>
      <TextField label={t("form.name")} name="name" defaultValue={key.name} isRequired maxLength={150} />
      <DatePicker
        label={t("form.expires_at")}
        description={t("form.expiresText")}
        granularity="minute"
        value={expires}
        onChange={setExpires}
      />
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("save")}
        </Button>
      </DialogActions>
    </Form>
  );
}

const DAY_H = 24;
const MOST_H = 720;

function Rotate({ of: key, onDone }: OfKey) {
  const { t } = useTranslation("keys");
  const [hours, setHours] = useState<number | null>(DAY_H);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  if (secret !== null) return <Made secret={secret} onDone={onDone} />;
  const rotate = async () => {
    setPending(true);
    setProblem(null);
    try {
      const body = { overlap_hours: hours ?? DAY_H };
      const { data } = await rotateApiKey({ path: { key_id: key.id }, body, throwOnError: true });
      keysChanged();
      setSecret(data.key);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <>
      <p>{t("rotate.text")}</p>
      <NumberField
        label={t("rotate.hours")}
        description={t("rotate.hoursText")}
        value={hours}
        onChange={setHours}
        minValue={0}
        maxValue={MOST_H}
      />
      {problem != null && <ProblemBanner problem={problem} />}
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button variant="primary" isPending={isPending} onPress={() => void rotate()}>
          {t("actions.rotate")}
        </Button>
      </DialogActions>
    </>
  );
}
