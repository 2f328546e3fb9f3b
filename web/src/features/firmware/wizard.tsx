// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A new campaign, step by step: which chargers, which image and how, a look at what would happen, and the start. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createFirmwareCampaign, startFirmwareCampaign, updateFirmwareCampaign } from "@/api/sdk.gen";
import type { Campaign, CampaignCreate } from "@/api/types.gen";
import { useMay } from "@/app/me";
import { queries } from "@/app/queries";
import { campaignQuery, countQuery, firmwareChanged, imageQuery } from "@/features/firmware/api";
import { DraftConflict } from "@/features/firmware/draft-conflict";
import styles from "@/features/firmware/firmware.module.css";
import { bodyOf, campaignPath, emptyForm, formOf, missingOf, type Form } from "@/features/firmware/model";
import { HowStep } from "@/features/firmware/wizard-how";
import { ReviewStep } from "@/features/firmware/wizard-review";
import { WhomStep } from "@/features/firmware/wizard-whom";
import {
  Button,
  Card,
  ErrorState,
  FormActions,
  LinkButton,
  Loading,
  NoPermission,
  PageHeader,
  ProblemBanner,
  Skeleton,
  Stepper,
  toast,
} from "@/kit";
import { editedOf, isConflict, type Edited } from "@/lib/edited";
import { useFormat } from "@/lib/format";

const route = getRouteApi("/signed-in/firmware/new");
const INSTALL = "charger:firmware:install";
const STEPS = ["whom", "how", "review"] as const;
type StepId = (typeof STEPS)[number];

export function WizardPage() {
  const { t } = useTranslation("firmware");
  const may = useMay();
  const { filter, ids, image, draft } = route.useSearch();
  const found = useQuery({ ...campaignQuery(draft ?? ""), enabled: draft !== undefined });
  const kept = found.data;
  const isPreset = Boolean(filter ?? ids?.length);
  const first: Form = { ...emptyForm(), filter: filter ?? null, ids: ids ?? [], image: image ?? null };
  return (
    <div className={styles.page}>
      <PageHeader
        title={t("wizard.title")}
        breadcrumbs={[{ label: t("title"), to: "/firmware" }, { label: t("wizard.title") }]}
      />
      {!may(INSTALL) ? (
        <NoPermission permission={INSTALL} />
      ) : draft === undefined ? (
        <Wizard first={first} begin={isPreset ? "how" : "whom"} kept={null} />
      ) : kept && found.isFetchedAfterMount ? (
        <Wizard key={draft} first={formOf(kept.item)} begin="how" kept={{ id: draft, etag: kept.etag }} />
      ) : found.error ? (
        <ErrorState problem={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading>
          <Skeleton variant="block" height="20rem" />
        </Loading>
      )}
    </div>
  );
}

interface Kept {
  id: string;
  etag: string | null;
}

interface WizardProps {
  first: Form;
  begin: StepId;
  kept: Kept | null;
}

function useName(form: Form): string {
  const { t } = useTranslation("firmware");
  const format = useFormat();
  const image = useQuery({ ...imageQuery(form.image ?? ""), enabled: form.image !== null }).data?.item;
  const what = image?.version ?? image?.name ?? t("wizard.update");
  const [today] = useState(() => format.date(Date.now()));
  return t("wizard.name", { what, date: today });
}

function Wizard({ first, begin, kept: before }: WizardProps) {
  const { t } = useTranslation("firmware");
  const navigate = route.useNavigate();
  const [form, setForm] = useState(first);
  const [step, setStep] = useState<StepId>(begin);
  const { setKept, pending, problem, setProblem, conflict, setConflict, run } = useSaving(before);
  const name = useName(form);
  const isNamed = form.ids.length > 0;
  const filter = form.filter ?? { retired: "false" };
  const counted = useQuery({ ...countQuery(filter), enabled: !isNamed && form.filter !== null });
  const count = isNamed ? form.ids.length : (counted.data ?? null);
  const change = (part: Partial<Form>) => {
    setProblem(null);
    setForm((now) => ({ ...now, ...part }));
  };
  const body = bodyOf(form, count ?? 0, name);
  /** A draft that is there already is changed, so that nothing is left behind when the start is refused. */
  const keep = async (known: Kept | null): Promise<Kept> => {
    const next = known ? await changed(known, body) : await created(body);
    setKept(next);
    return next;
  };
  const saveDraft = async (known: Kept | null) => {
    const { id } = await keep(known);
    toast({ tone: "success", title: t("draft.saved", { name: body.name }) });
    await navigate({ to: campaignPath(id) });
  };
  const start = async (known: Kept | null, total: number) => {
    const { id } = await keep(known);
    await startFirmwareCampaign({ path: { campaign_id: id }, body: { total }, throwOnError: true });
    toast({ tone: "success", title: t("wizard.started", { name: body.name }) });
    await navigate({ to: campaignPath(id) });
  };
  const takeTheirs = async ({ item, etag }: Edited<Campaign>) => {
    // begun by somebody else: there is no draft any more
    if (item.status !== "draft") return navigate({ to: campaignPath(item.id) });
    setForm(formOf(item));
    setKept({ id: item.id, etag });
    setConflict(null);
  };
  const missing = missingOf(form, count ?? 0);
  if (conflict) {
    return (
      <Card>
        <DraftConflict
          mine={body}
          theirs={conflict.theirs.item}
          isPending={pending !== null}
          onKeepTheirs={() => void takeTheirs(conflict.theirs)}
          onSaveMine={conflict.again}
        />
      </Card>
    );
  }
  const steps = STEPS.map((id) => ({ id, label: t(`wizard.steps.${id}`) }));
  return (
    <>
      <Stepper steps={steps} current={step} onStep={setStep} />
      {step === "whom" && <WhomStep form={form} onChange={change} count={count} problem={counted.error} />}
      {step === "how" && <HowStep form={form} onChange={change} count={count ?? 0} name={name} />}
      {step === "review" && (
        <ReviewStep
          body={body}
          pending={pending}
          problem={problem}
          onBack={() => setStep("how")}
          onDraft={() => void run("draft", saveDraft)}
          onStart={(total) => void run("start", (known) => start(known, total))}
        />
      )}
      {step !== "review" && problem != null && <ProblemBanner problem={problem} />}
      {step === "whom" && (
        <FormActions>
          <LinkButton to="/firmware">{t("cancel")}</LinkButton>
          <Button variant="primary" isDisabled={!count} onPress={() => setStep("how")}>
            {t("wizard.next")}
          </Button>
        </FormActions>
      )}
      {step === "how" && (
        <FormActions>
          {missing && (
            <span role="status" className={styles.soft}>
              {t(`wizard.missing.${missing}`)}
            </span>
          )}
          <Button onPress={() => setStep("whom")}>{t("wizard.back")}</Button>
          <Button variant="primary" isDisabled={missing !== null || !count} onPress={() => setStep("review")}>
            {t("wizard.review")}
          </Button>
        </FormActions>
      )}
    </>
  );
}

type Work = (known: Kept | null) => Promise<void>;

interface Clash {
  theirs: Edited<Campaign>;
  /** The same once more, over what somebody else has kept. */
  again: () => void;
}

/** A draft is kept, or a campaign begins: if nobody else has changed the draft meanwhile. */
function useSaving(before: Kept | null) {
  const [kept, setKept] = useState(before);
  const [pending, setPending] = useState<"draft" | "start" | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [conflict, setConflict] = useState<Clash | null>(null);
  const run = async (what: "draft" | "start", work: Work, known = kept): Promise<void> => {
    setPending(what);
    setProblem(null);
    try {
      await work(known);
    } catch (error) {
      if (known && isConflict(error)) await ask(known.id, (version) => void run(what, work, version));
      else {
        setConflict(null);
        setProblem(error);
      }
    } finally {
      firmwareChanged();
      setPending(null);
    }
  };
  const ask = async (id: string, again: (version: Kept) => void): Promise<void> => {
    try {
      const theirs = await queries.fetchQuery(campaignQuery(id));
      const version = { id, etag: theirs.etag };
      setKept(version);
      setConflict({ theirs, again: () => again(version) });
    } catch (error) {
      setProblem(error);
    }
  };
  return { setKept, pending, problem, setProblem, conflict, setConflict, run };
}

async function created(body: CampaignCreate): Promise<Kept> {
  const answer = await createFirmwareCampaign({ body, throwOnError: true });
  return { id: (answer.data as Campaign).id, etag: answer.response.headers.get("etag") };
}

async function changed({ id, etag }: Kept, body: CampaignCreate): Promise<Kept> {
  const headers = { "if-match": etag };
  const edited = editedOf(
    await updateFirmwareCampaign({ path: { campaign_id: id }, body, headers, throwOnError: true }),
  );
  return { id, etag: edited.etag };
}
