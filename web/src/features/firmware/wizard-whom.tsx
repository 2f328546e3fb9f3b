// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The first step: chargers by what they are, or by their names. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { listChargers } from "@/api/sdk.gen";
import { useSiteFilter } from "@/kit/sites";
import type { Form } from "@/features/firmware/model";
import type { Filter } from "@/features/firmware/search";
import {
  Banner,
  Card,
  FilterBar,
  MultiSelect,
  Panel,
  ProblemBanner,
  RadioGroup,
  SearchBox,
  type FilterDefinition,
  type FilterValues,
  type Option,
} from "@/kit";

/** At a site, or inside it. */
const SITES = "places[contains_any]";
const BEGINNINGS = ["vendor", "model", "firmware_version"] as const;
const PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];
const OFFERED = 20;

interface WhomStepProps {
  form: Form;
  onChange: (part: Partial<Form>) => void;
  count: number | null;
  problem: unknown;
}

export function WhomStep({ form, onChange, count, problem }: WhomStepProps) {
  const { t } = useTranslation("firmware");
  const [kind, setKind] = useState<"filter" | "ids">(form.ids.length ? "ids" : "filter");
  const choose = (next: "filter" | "ids") => {
    setKind(next);
    onChange(next === "ids" ? { filter: null } : { ids: [], filter: null });
  };
  return (
    <Card title={t("whom.title")}>
      <Panel>
        <RadioGroup
          label={t("whom.by")}
          options={(["filter", "ids"] as const).map((id) => ({
            id,
            label: t(`whom.kinds.${id}`),
            description: t(`whom.kinds.${id}Text`),
          }))}
          selected={kind}
          onChange={choose}
        />
        {kind === "filter" ? <ByFilter form={form} onChange={onChange} /> : <ById form={form} onChange={onChange} />}
        {problem != null && <ProblemBanner problem={problem} />}
        {count !== null && count > 0 && (
          <p role="status">
            <strong>{t("chargers.count", { count })}</strong>
          </p>
        )}
        {count === 0 && <Banner tone="warning" title={t("whom.nobody")} />}
      </Panel>
    </Card>
  );
}

/** What the bar shows of a filter, and what it cannot show: that stays as it is. */
function valuesOf(filter: Filter): { values: FilterValues; rest: Filter } {
  const values: Record<string, string | string[] | boolean> = {};
  const rest: Filter = {};
  for (const [name, value] of Object.entries(filter)) {
    const many = Array.isArray(value) ? value : [value];
    const field = BEGINNINGS.find((each) => name === each || name === `${each}[prefix]`);
    if (field && many.length === 1) values[field] = many[0] ?? "";
    else if (name === SITES) values.places = many;
    else if (name === "site_id" || name === "protocol") values[name] = many;
    else if (name === "online") values.online = many[0] === "true";
    else rest[name] = value;
  }
  return { values, rest };
}

function filterOf(values: FilterValues, rest: Filter): Filter {
  const filter: Filter = { retired: "false", ...rest };
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "boolean") filter[name] = String(value);
    else if (typeof value === "string") filter[`${name}[prefix]`] = [value];
    else if (Array.isArray(value)) filter[name === "places" ? SITES : name] = value as string[];
  }
  return filter;
}

function ByFilter({ form, onChange }: Pick<WhomStepProps, "form" | "onChange">) {
  const { t } = useTranslation("firmware");
  const { values, rest } = useMemo(() => valuesOf(form.filter ?? {}), [form.filter]);
  const site = useSiteFilter("places", values.places as string[] | undefined);
  // of a draft that a program made: at a site itself
  const itself = useSiteFilter("site_id", values.site_id as string[] | undefined);
  const isItself = values.site_id !== undefined;
  const { q, ...others } = rest;
  const definitions = useMemo<FilterDefinition[]>(
    () => [
      ...(site ? [site] : []),
      ...(itself && isItself ? [itself] : []),
      ...BEGINNINGS.map((id) => ({
        id,
        kind: "text" as const,
        label: t(`fields.${id}`),
        placeholder: t("whom.beginning"),
      })),
      {
        id: "protocol",
        kind: "options",
        label: t("fields.protocol"),
        options: PROTOCOLS.map((id) => ({ id, label: id.replace("ocpp", "OCPP ") })),
      },
      { id: "online", kind: "boolean", label: t("fields.online") },
    ],
    [t, site, itself, isItself],
  );
  const search = (text: string) => {
    const next = filterOf(values, { ...others, ...(text && { q: text }) });
    if (text || form.filter) onChange({ filter: next });
  };
  return (
    <Panel>
      <FilterBar filters={definitions} value={values} onChange={(next) => onChange({ filter: filterOf(next, rest) })}>
        <SearchBox label={t("whom.search")} value={typeof q === "string" ? q : ""} onSearch={search} />
      </FilterBar>
      {form.filter === null && <p className="soft">{t("whom.narrow")}</p>}
    </Panel>
  );
}

async function load(q: string, signal: AbortSignal): Promise<Option[]> {
  const query = { ...(q && { q }), retired: ["false" as const], limit: OFFERED, fields: "id,name" };
  const { data } = await listChargers({ query, signal, throwOnError: true });
  return data.items.map(({ id, name }) => ({ id, label: id, description: name ?? undefined }));
}

function ById({ form, onChange }: Pick<WhomStepProps, "form" | "onChange">) {
  const { t } = useTranslation("firmware");
  return (
    <MultiSelect
      label={t("columns.chargers")}
      load={load}
      selected={form.ids.map((id) => ({ id, label: id }))}
      onChange={(ids) => onChange({ ids })}
      description={t("whom.type")}
    />
  );
}
