// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** An identity provider that is entered, or changed. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createIdentityProvider, updateIdentityProvider } from "@/api/sdk.gen";
import type { ProviderItem, ProviderUpdate } from "@/api/types.gen";
import { rolesQuery } from "@/features/people/api";
import { NO_ROLE } from "@/features/people/model";
import { useRoleName } from "@/features/people/parts";
import { domainsOf, linesOf, mapOf } from "@/features/people/role-map";
import {
  Button,
  Checkbox,
  Conflict,
  DialogActions,
  ErrorState,
  FieldRow,
  Form,
  FormSection,
  Panel,
  PasswordField,
  Secret,
  Select,
  TextArea,
  TextField,
  toast,
} from "@/kit";
import { isConflict, useBegun, type Edited } from "@/lib/edited";
import { textOf } from "@/lib/forms";
import { useMay } from "@/lib/me";

/** Where the provider sends people back to. */
export function callbackOf(id: string): string {
  return `${location.origin}/api/v1/auth/oidc/${id}/callback`;
}

/** A provider as it was read, and how it is read once more. */
interface Known {
  item: ProviderItem;
  etag: string | null;
  read: () => Promise<Edited<ProviderItem>>;
}

const NAMED = ["label", "issuer", "client_id", "client_secret", "domains", "role_claim", "role_map", "default_role"];

interface ProviderFormProps {
  known?: Known;
  onChanged: () => void;
  onDone: () => void;
}

export function ProviderForm({ known, onChanged, onDone }: ProviderFormProps) {
  const provider = known?.item;
  const begun = useBegun(known?.etag ?? null);
  const { t } = useTranslation("providers");
  const may = useMay();
  const roleName = useRoleName();
  const { data: roles } = useQuery({ ...rolesQuery, enabled: may("account:role:read") });
  const [role, setRole] = useState(provider?.default_role ?? NO_ROLE);
  const [makes, setMakes] = useState(provider?.auto_create ?? false);
  const [trusts, setTrusts] = useState(provider?.trust_mfa ?? false);
  const [isOn, setOn] = useState(provider?.enabled ?? true);
  const [isFault, setFault] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [made, setMade] = useState<ProviderItem | null>(null);
  const [both, setBoth] = useState<{ mine: ProviderUpdate; theirs: Edited<ProviderItem> } | null>(null);
  if (made)
    return (
      <>
        <Secret
          title={t("secretBox.title", { name: made.label })}
          text={t("secretBox.text")}
          label={t("columns.callback")}
          value={callbackOf(made.id)}
        />
        <DialogActions>
          <Button variant="primary" onPress={onDone}>
            {t("done")}
          </Button>
        </DialogActions>
      </>
    );
  const save = async ({ item, read }: Known, body: ProviderUpdate, etag: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const path = { provider_id: item.id };
      await updateIdentityProvider({ path, body, headers: { "if-match": etag }, throwOnError: true });
      toast({ tone: "success", title: t("form.saved", { name: body.label }) });
      onChanged();
      onDone();
    } catch (error) {
      if (isConflict(error)) setBoth({ mine: body, theirs: await read() });
      else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (known && both)
    return (
      <>
        {problem !== null && <ErrorState isCompact problem={problem} />}
        <Both
          mine={both.mine}
          theirs={both.theirs.item}
          onKeep={onDone}
          onSave={() => void save(known, both.mine, both.theirs.etag)}
          isPending={isPending}
        />
      </>
    );
  const submit = async (values: FormData) => {
    const text = (name: string) => textOf(values, name).trim();
    const map = mapOf(text("role_map"));
    setFault(map === null);
    if (map === null) return;
    const secret = textOf(values, "client_secret");
    const body = {
      label: text("label"),
      issuer: text("issuer"),
      client_id: text("client_id"),
      ...(secret && { client_secret: secret }),
      domains: domainsOf(text("domains")),
      role_claim: text("role_claim") || null,
      role_map: map,
      default_role: role === NO_ROLE ? null : role,
      auto_create: makes,
      trust_mfa: trusts,
      enabled: isOn,
    };
    if (known) return save(known, body, begun);
    setPending(true);
    setProblem(null);
    try {
      const { data } = await createIdentityProvider({ body, throwOnError: true });
      onChanged();
      setMade(data);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  const names = Object.fromEntries(NAMED.map((name) => [name, t(`form.${name}`)]));
  const choices = [
    { id: NO_ROLE, label: t("form.noRole") },
    ...(roles ?? []).map(({ key }) => ({ id: key, label: roleName(key) })),
  ];
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <FieldRow>
        <TextField
          label={t("form.label")}
          name="label"
          defaultValue={provider?.label ?? ""}
          isRequired
          autoFocus
          maxLength={100}
          description={t("form.labelText")}
        />
        <TextField
          label={t("form.issuer")}
          name="issuer"
          type="url"
          defaultValue={provider?.issuer ?? ""}
          isRequired
          maxLength={500}
          placeholder="https://login.company.example"
          description={t("form.issuerText")}
        />
      </FieldRow>
      <FieldRow>
        <TextField
          label={t("form.client_id")}
          name="client_id"
          defaultValue={provider?.client_id ?? ""}
          isRequired
          isMono
          maxLength={500}
        />
        <PasswordField
          label={t("form.client_secret")}
          name="client_secret"
          maxLength={1000}
          autoComplete="off"
          description={t(provider?.has_secret ? "form.secretKept" : "form.secretText")}
        />
      </FieldRow>
      <TextField
        label={t("form.domains")}
        name="domains"
        defaultValue={provider?.domains.join(", ") ?? ""}
        placeholder="company.example"
        description={t("form.domainsText")}
      />
      <FormSection title={t("form.roles")}>
        <Panel>
          <Select
            label={t("form.default_role")}
            options={choices}
            selected={role}
            onChange={setRole}
            description={t("form.defaultText")}
          />
          <TextField
            label={t("form.role_claim")}
            name="role_claim"
            defaultValue={provider?.role_claim ?? ""}
            maxLength={200}
            isMono
            placeholder="groups"
            description={t("form.claimText")}
          />
          <TextArea
            label={t("form.role_map")}
            name="role_map"
            rows={3}
            isMono
            defaultValue={linesOf(provider?.role_map ?? {})}
            placeholder="csms-admins = admin"
            description={t("form.mapText", { roles: (roles ?? []).map(({ key }) => key).join(", ") })}
            error={isFault ? t("form.mapFault") : null}
          />
        </Panel>
      </FormSection>
      <Checkbox isSelected={makes} onChange={setMakes} description={t("form.autoCreateText")}>
        {t("form.auto_create")}
      </Checkbox>
      <Checkbox isSelected={trusts} onChange={setTrusts} description={t("form.trustText")}>
        {t("form.trust_mfa")}
      </Checkbox>
      <Checkbox isSelected={isOn} onChange={setOn}>
        {t("form.enabled")}
      </Checkbox>
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t(provider ? "save" : "add")}
        </Button>
      </DialogActions>
    </Form>
  );
}

const COMPARED = ["label", "issuer", "client_id", "domains", "role_claim", "role_map", "default_role"] as const;
const SWITCHES = ["auto_create", "trust_mfa", "enabled"] as const;

interface BothProps {
  mine: ProviderUpdate;
  theirs: ProviderItem;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Both({ mine, theirs, isPending, onKeep, onSave }: BothProps) {
  const { t } = useTranslation("providers");
  const roleName = useRoleName();
  const wordsOf = (version: ProviderUpdate, name: (typeof COMPARED)[number]): string => {
    if (name === "domains") return (version.domains ?? []).join(", ");
    if (name === "role_map") return linesOf(version.role_map ?? {});
    if (name === "default_role") return version.default_role ? roleName(version.default_role) : t("form.noRole");
    return version[name] ?? "";
  };
  const fields = [
    ...COMPARED.map((name) => ({
      label: t(`form.${name}`),
      mine: wordsOf(mine, name),
      theirs: wordsOf(theirs, name),
    })),
    ...SWITCHES.map((name) => ({
      label: t(`form.${name}`),
      mine: t(mine[name] ? "on" : "off"),
      theirs: t(theirs[name] ? "on" : "off"),
    })),
  ];
  return <Conflict fields={fields} onKeepTheirs={onKeep} onSaveMine={onSave} isPending={isPending} />;
}
