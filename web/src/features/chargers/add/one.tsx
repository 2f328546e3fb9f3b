// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A charger, step by step: who it is, how it proves that, and then its first connection, waited for live. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { createCharger } from "@/api/sdk.gen";
import type { ChargerCreate, ChargerCreated } from "@/api/types.gen";
import { Address, addressesQuery, NewPassword } from "@/features/chargers/addresses";
import styles from "@/features/chargers/add/add.module.css";
import { chargerPath } from "@/features/chargers/model";
import { useSites } from "@/features/chargers/sites";
import {
  Banner,
  Button,
  Card,
  ForbiddenPage,
  Form,
  FormActions,
  LinkButton,
  PageHeader,
  RadioGroup,
  Select,
  Spinner,
  Stepper,
  TextField,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";

type StepId = "identity" | "security" | "connect";
const STEPS: StepId[] = ["identity", "security", "connect"];
type ProfileId = "0" | "1" | "2" | "3";
const PROFILES: ProfileId[] = ["2", "1", "3", "0"];
const NOWHERE = "-";

interface Draft {
  id: string;
  name: string;
  site: string;
  profile: ProfileId;
}

export function AddChargerPage() {
  const { t } = useTranslation("chargers");
  const may = useMay();
  if (may("charger:charger:create")) return <Wizard />;
  return <ForbiddenPage title={t("add.one")} permission="charger:charger:create" />;
}

function Wizard() {
  const { t } = useTranslation("chargers");
  const { data: addresses } = useQuery(addressesQuery);
  const [step, setStep] = useState<StepId>("identity");
  const [draft, setDraft] = useState<Draft>({ id: "", name: "", site: NOWHERE, profile: "1" });
  const [isChosen, setChosen] = useState(false);
  const [created, setCreated] = useState<ChargerCreated | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isSaving, setSaving] = useState(false);
  // encrypted where it can be, unless somebody chose otherwise
  const serves = (wanted: ProfileId) =>
    addresses?.some(({ security_profiles: served }) => served.includes(Number(wanted))) ?? false;
  const profile: ProfileId = isChosen ? draft.profile : serves("2") ? "2" : "1";
  const save = async () => {
    setSaving(true);
    setProblem(null);
    const body: ChargerCreate = {
      id: draft.id.trim(),
      name: draft.name.trim() || null,
      site_id: draft.site === NOWHERE ? null : draft.site,
      security_profile: Number(profile) as 0 | 1 | 2 | 3,
    };
    try {
      const { data } = await createCharger({ body, throwOnError: true });
      setCreated(data);
      setStep("connect");
      void queries.invalidateQueries({ queryKey: ["chargers"] });
    } catch (error) {
      setProblem(error);
      // what is wrong with the identity is mended where it was entered
      if (problemOf(error).status === 409 || problemOf(error).errors.some(({ path }) => path?.endsWith(".id")))
        setStep("identity");
    } finally {
      setSaving(false);
    }
  };
  const again = () => {
    setCreated(null);
    setDraft({ ...draft, id: "", name: "" });
    setStep("identity");
  };
  return (
    <div className={styles.page}>
      <PageHeader
        title={t("add.one")}
        breadcrumbs={[{ label: t("title"), to: "/chargers" }, { label: t("add.one") }]}
      />
      <Stepper
        steps={STEPS.map((id) => ({ id, label: t(`add.steps.${id}`) }))}
        current={step}
        onStep={created ? undefined : setStep}
      />
      {step === "identity" && (
        <Identity draft={draft} problem={problem} onChange={setDraft} onNext={() => setStep("security")} />
      )}
      {step === "security" && (
        <Security
          profile={profile}
          isServed={!addresses || serves(profile)}
          problem={problem}
          isSaving={isSaving}
          onProfile={(next) => {
            setChosen(true);
            setDraft({ ...draft, profile: next });
          }}
          onBack={() => setStep("identity")}
          onSave={save}
        />
      )}
      {step === "connect" && created && <Connect charger={created} onAgain={again} />}
    </div>
  );
}

function Identity({
  draft,
  problem,
  onChange,
  onNext,
}: {
  draft: Draft;
  problem: unknown;
  onChange: (draft: Draft) => void;
  onNext: () => void;
}) {
  const { t } = useTranslation("chargers");
  const { sites } = useSites();
  const options = [{ id: NOWHERE, label: t("bulk.site.none") }, ...sites.map(({ id, name }) => ({ id, label: name }))];
  return (
    <Card>
      <Form onSubmit={onNext} problem={problem} names={{ id: t("pending.identity"), name: t("edit.name") }}>
        <TextField
          autoFocus
          isRequired
          isMono
          name="id"
          label={t("pending.identity")}
          description={t("add.identityText")}
          maxLength={48}
          pattern="[^:\/\\\\]+"
          autoComplete="off"
          spellCheck="false"
          value={draft.id}
          onChange={(id) => onChange({ ...draft, id })}
        />
        <TextField
          name="name"
          label={t("edit.name")}
          description={t("add.nameText")}
          maxLength={200}
          value={draft.name}
          onChange={(name) => onChange({ ...draft, name })}
        />
        {sites.length > 0 && (
          <Select
            label={t("columns.site")}
            options={options}
            selected={draft.site}
            onChange={(site) => onChange({ ...draft, site })}
          />
        )}
        <FormActions>
          <LinkButton to="/chargers">{t("edit.cancel")}</LinkButton>
          <Button type="submit" variant="primary">
            {t("add.next")}
          </Button>
        </FormActions>
      </Form>
    </Card>
  );
}

interface SecurityProps {
  profile: ProfileId;
  isServed: boolean;
  problem: unknown;
  isSaving: boolean;
  onProfile: (profile: ProfileId) => void;
  onBack: () => void;
  onSave: () => Promise<void>;
}

function Security({ profile, isServed, problem, isSaving, onProfile, onBack, onSave }: SecurityProps) {
  const { t } = useTranslation("chargers");
  const options = PROFILES.map((id) => ({
    id,
    label: t(`profiles.${id}.name`),
    description: t(`profiles.${id}.text`),
  }));
  return (
    <Card>
      <Form onSubmit={onSave} problem={problem}>
        <RadioGroup<ProfileId>
          label={t("columns.profile")}
          description={t("add.profileText")}
          options={options}
          selected={profile}
          onChange={onProfile}
        />
        {!isServed && (
          <Banner tone="warning" live="off" title={t("address.noTls")}>
            {t("address.noTlsText")}
          </Banner>
        )}
        <FormActions start={<Button onPress={onBack}>{t("add.back")}</Button>}>
          <Button type="submit" variant="primary" isPending={isSaving}>
            {t("add.create")}
          </Button>
        </FormActions>
      </Form>
    </Card>
  );
}

type Seen =
  | { kind: "waiting" }
  | { kind: "connected"; at: string }
  | { kind: "booted"; vendor: string; model: string; status: string };

function useFirstBoot(id: string): Seen {
  const [seen, setSeen] = useState<Seen>({ kind: "waiting" });
  useEffect(
    () =>
      hear(["charger_connected", "charger_booted"], (event) => {
        if (event.charger_id !== id) return;
        if (event.type === "charger_booted")
          setSeen({ kind: "booted", vendor: event.vendor, model: event.model, status: event.status });
        else if (event.type === "charger_connected")
          setSeen((now) => (now.kind === "booted" ? now : { kind: "connected", at: event.at }));
      }),
    [id],
  );
  return seen;
}

function Connect({ charger, onAgain }: { charger: ChargerCreated; onAgain: () => void }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const seen = useFirstBoot(charger.id);
  const isThere = seen.kind === "booted";
  return (
    <div className={styles.page}>
      <Card title={t("add.setUp", { name: charger.id })} description={t("add.setUpText")}>
        <Address profile={charger.security_profile} id={charger.id} />
        {charger.password && <NewPassword password={charger.password} />}
        {charger.security_profile === 3 && (
          <Banner tone="info" live="off" title={t("add.certificate")}>
            {t("add.certificateText")}
          </Banner>
        )}
      </Card>
      <Banner
        live="status"
        tone={isThere ? "success" : "info"}
        title={
          seen.kind === "booted"
            ? t("add.booted", { vendor: seen.vendor, model: seen.model })
            : seen.kind === "connected"
              ? t("add.connected", { time: format.time(seen.at) })
              : t("add.waiting")
        }
        action={isThere ? undefined : <Spinner label={t("add.waiting")} />}
      >
        {isThere ? undefined : t("add.waitingText")}
      </Banner>
      <FormActions start={<Button onPress={onAgain}>{t("add.another")}</Button>}>
        <LinkButton to={chargerPath(charger.id)} variant={isThere ? "primary" : "secondary"}>
          {t("add.toCharger")}
        </LinkButton>
      </FormActions>
    </div>
  );
}
