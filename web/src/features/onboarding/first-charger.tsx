// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The first charger: announced, set up by what stands here, and waited for until it says what it is. */
import { useQuery } from "@tanstack/react-query";
import { CircleCheckBig, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { getChargerOptions, getInstallationOptions } from "@/api/@tanstack/react-query.gen";
import { createCharger } from "@/api/sdk.gen";
import type { ChargerAddress, ChargerCreated } from "@/api/types.gen";
import {
  Banner,
  Button,
  Card,
  CopyButton,
  Disclosure,
  EmptyState,
  Form,
  FormActions,
  IconButton,
  KeyValue,
  LinkButton,
  RadioGroup,
  Spinner,
  Stepper,
  TextField,
} from "@/kit";
import { textOf } from "@/lib/forms";
import { hear } from "@/lib/live";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

import { useRemembered } from "./remembered";
import styles from "./welcome.module.css";

const LOOK_EVERY_MS = 10_000; // beside the live stream, for when it is lost
const LOCAL = /^wss?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/]/;
/** The safest that is served stands first; a certificate is nothing to begin with. */
const PROFILES = ["2", "1", "0"] as const;
type Profile = (typeof PROFILES)[number];

export function FirstCharger() {
  const { t } = useTranslation("onboarding");
  const may = useMay();
  const { waitingFor, waitFor, dismiss } = useRemembered();
  const [created, setCreated] = useState<ChargerCreated | null>(null);
  const [isHere, setHere] = useState(false);
  const addresses = useQuery({ ...getInstallationOptions(), staleTime: 60_000 }).data?.charger_addresses ?? [];
  const step = isHere ? "here" : waitingFor === null ? "announce" : "connect";
  const leave = () => {
    dismiss("first-charger");
    waitFor(null);
  };
  if (!may("charger:charger:create") && waitingFor === null)
    return <EmptyState title={t("first.noneTitle")} text={t("first.noneText")} />;
  return (
    <Card
      title={t("first.title")}
      description={t("first.text")}
      actions={<IconButton label={t("first.dismiss")} icon={<X aria-hidden />} onPress={leave} />}
    >
      <div className={styles.steps}>
        <Stepper
          label={t("first.title")}
          current={step}
          steps={(["announce", "connect", "here"] as const).map((id) => ({ id, label: t(`first.steps.${id}`) }))}
        />
        {step === "announce" && (
          <Announce
            addresses={addresses}
            onCreated={(charger) => {
              setCreated(charger);
              waitFor(charger.id);
            }}
          />
        )}
        {step === "connect" && waitingFor !== null && (
          <Connect id={waitingFor} created={created} addresses={addresses} onHere={() => setHere(true)} />
        )}
        {step === "here" && waitingFor !== null && <Here id={waitingFor} onDone={leave} />}
      </div>
    </Card>
  );
}

interface AnnounceProps {
  addresses: ChargerAddress[];
  onCreated: (charger: ChargerCreated) => void;
}

function Announce({ addresses, onCreated }: AnnounceProps) {
  const { t } = useTranslation("onboarding");
  const served = new Set(addresses.flatMap((each) => each.security_profiles).map(String));
  const possible = PROFILES.filter((each) => served.has(each));
  const [profile, setProfile] = useState<Profile | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const chosen = profile ?? possible[0] ?? "1";
  const submit = async (values: FormData): Promise<void> => {
    setPending(true);
    setProblem(null);
    try {
      const name = textOf(values, "name").trim();
      const { data } = await createCharger({
        body: { id: textOf(values, "id").trim(), name: name || null, security_profile: Number(chosen) as 0 | 1 | 2 },
        throwOnError: true,
      });
      onCreated(data);
      void queries.invalidateQueries({ queryKey: [{ _id: "listChargers" }] });
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <div className={styles.stack}>
      <Form
        onSubmit={submit}
        problem={problem}
        names={{ id: t("first.identity"), name: t("first.name") }}
        autoComplete="off"
      >
        <TextField
          name="id"
          label={t("first.identity")}
          description={t("first.identityText")}
          spellCheck="false"
          maxLength={255}
          isRequired
          isMono
        />
        <TextField name="name" label={t("first.name")} description={t("first.nameText")} maxLength={150} />
        <RadioGroup
          label={t("first.profile")}
          options={possible.map((id) => ({
            id,
            label: t(`first.profiles.${id}.label`),
            description: t(`first.profiles.${id}.text`),
          }))}
          selected={chosen}
          onChange={setProfile}
        />
        <FormActions>
          <Button type="submit" variant="primary" isPending={isPending}>
            {t("first.announce")}
          </Button>
        </FormActions>
      </Form>
    </div>
  );
}

interface ConnectProps {
  id: string;
  created: ChargerCreated | null;
  addresses: ChargerAddress[];
  onHere: () => void;
}

function Connect({ id, created, addresses, onHere }: ConnectProps) {
  const { t } = useTranslation("onboarding");
  const charger = useQuery({
    ...getChargerOptions({ path: { charger_id: id } }),
    refetchInterval: LOOK_EVERY_MS,
  });
  const [isConnected, setConnected] = useState(false);
  const { refetch } = charger;
  useEffect(
    () =>
      hear(["charger_connected", "charger_disconnected", "charger_booted"], (event) => {
        if (event.charger_id !== id) return;
        setConnected(event.type !== "charger_disconnected");
        if (event.type === "charger_booted") void refetch();
      }),
    [id, refetch],
  );
  const isHere = Boolean(charger.data?.boot_at);
  useEffect(() => {
    if (isHere) onHere();
  }, [isHere, onHere]);
  const profile = charger.data?.security_profile ?? created?.security_profile ?? 1;
  const address = addresses.find((each) => each.security_profiles.includes(profile)) ?? addresses[0];
  const url = address?.url.replace("{identity}", encodeURIComponent(id)) ?? "";
  const rows = [
    { label: t("connect.url"), value: url },
    { label: t("connect.urlWithout"), value: address?.url.replace("{identity}", "") ?? "" },
    { label: t("connect.identity"), value: id },
    ...(created?.password ? [{ label: t("connect.password"), value: created.password }] : []),
  ];
  const isWaiting = isConnected || charger.data?.online;
  return (
    <div className={styles.stack}>
      <p className={styles.soft}>{t("connect.text")}</p>
      <KeyValue
        layout="list"
        items={rows.map(({ label, value }) => ({
          label,
          value: (
            <span className={styles.value} dir="ltr">
              <code>{value}</code>
              <CopyButton text={value} label={t("connect.copy", { what: label })} />
            </span>
          ),
        }))}
      />
      {created?.password && <Banner tone="warning" live="off" title={t("connect.once")} />}
      {!created && profile > 0 && profile < 3 && (
        <Banner
          tone="info"
          live="off"
          title={t("connect.forgotten")}
          action={<LinkButton to={`/chargers/${encodeURIComponent(id)}`}>{t("here.open")}</LinkButton>}
        />
      )}
      {LOCAL.test(url) && (
        <Banner tone="info" live="off" title={t("connect.localTitle")}>
          {t("connect.local")}
        </Banner>
      )}
      <div className={styles.waiting} role="status">
        <Spinner label={t("connect.waiting")} />
        <p>{t(isWaiting ? "connect.connected" : "connect.waiting")}</p>
      </div>
      <Disclosure title={t("connect.trouble")}>
        <ul className={styles.hints}>
          <li>{t("connect.troubles.reach")}</li>
          <li>{t("connect.troubles.identity")}</li>
          <li>{t("connect.troubles.password")}</li>
        </ul>
      </Disclosure>
    </div>
  );
}

function Here({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useTranslation("onboarding");
  const charger = useQuery(getChargerOptions({ path: { charger_id: id } })).data;
  const facts = [charger?.vendor, charger?.model, charger?.firmware_version].filter(Boolean).join(" · ");
  return (
    <div className={styles.here}>
      <span className={styles.tick}>
        <CircleCheckBig aria-hidden />
      </span>
      <div className={styles.hereText} role="status">
        <h3>{t("here.title", { id })}</h3>
        <p className={styles.soft}>{facts}</p>
      </div>
      <LinkButton to={`/chargers/${encodeURIComponent(id)}`} variant="primary">
        {t("here.open")}
      </LinkButton>
      <Button onPress={onDone}>{t("here.done")}</Button>
    </div>
  );
}
