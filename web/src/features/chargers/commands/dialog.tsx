// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Every command that the charger's version of OCPP knows: found by name, filled in by its schema. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { listCommands } from "@/api/sdk.gen";
import type { Charger, CommandItem } from "@/api/types.gen";
import { capabilitiesQuery, keyOf } from "@/features/chargers/charger/data";
import { send, useIssued, type CommandBody } from "@/features/chargers/charger/issued";
import { ocppStatus } from "@/features/chargers/charger/issued-list";
import styles from "@/features/chargers/commands/commands.module.css";
import { SchemaFields } from "@/features/chargers/commands/form";
import {
  bodyOf,
  commandsIn,
  JsonError,
  readBody,
  valuesFor,
  type ApiDocument,
  type CommandSchema,
} from "@/features/chargers/commands/schema";
import { humanized, maySend, useCommandText } from "@/features/chargers/commands/words";
import { chargerName } from "@/features/chargers/model";
import {
  Ago,
  Badge,
  Banner,
  Button,
  Checkbox,
  Dialog,
  Disclosure,
  EmptyState,
  ErrorState,
  Form,
  FormActions,
  JsonView,
  Loading,
  SearchField,
  Skeleton,
  Spinner,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const DAY_S = 86_400;

/** The document of the API is large and stays the same until the server does not. */
function useSchemas() {
  return useQuery({
    queryKey: ["commands", "schemas"],
    queryFn: async ({ signal }) => {
      const answer = await fetch("/api/openapi.json", { signal });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      return commandsIn((await answer.json()) as ApiDocument);
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
}

export function CommandDialog({ charger, first, onClose }: { charger: Charger; first?: string; onClose: () => void }) {
  const { t } = useTranslation("chargers");
  return (
    <Dialog
      isOpen
      size="lg"
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={t("commands.title", { name: chargerName(charger) })}
    >
      <Commands charger={charger} first={first} />
    </Dialog>
  );
}

function Commands({ charger, first }: { charger: Charger; first?: string }) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const textOf = useCommandText();
  const schemas = useSchemas();
  const capabilities = useQuery(capabilitiesQuery(charger.id));
  const [chosen, setChosen] = useState<string | null>(first ?? null);
  const [q, setQ] = useState("");
  const error = schemas.error ?? capabilities.error;
  if (error)
    return <ErrorState isCompact problem={error} onRetry={() => void (schemas.refetch(), capabilities.refetch())} />;
  if (!schemas.data || !capabilities.data) {
    return (
      <Loading>
        <Skeleton lines={8} />
      </Loading>
    );
  }
  const schema = chosen === null ? undefined : schemas.data.get(chosen);
  if (schema) return <CommandForm key={schema.type} charger={charger} schema={schema} onBack={() => setChosen(null)} />;
  const wanted = q.trim().toLocaleLowerCase();
  const found = capabilities.data.commands
    .flatMap((type) => schemas.data.get(type) ?? [])
    .filter(({ type }) => maySend(type, may))
    .filter(({ type, description }) =>
      [type, humanized(type), textOf(type), description].some((words) => words.toLocaleLowerCase().includes(wanted)),
    )
    .toSorted((one, other) => textOf(one.type).localeCompare(textOf(other.type)));
  return (
    <>
      <SearchField
        autoFocus
        label={t("commands.find")}
        isLabelHidden
        placeholder={t("commands.find")}
        value={q}
        onChange={setQ}
      />
      {found.length ? (
        <ul className={styles.list} aria-label={t("commands.all")}>
          {found.map(({ type, description }) => (
            <li key={type}>
              <button type="button" className={styles.command} onClick={() => setChosen(type)}>
                <span className={styles.name}>
                  {textOf(type)} <code>{type}</code>
                </span>
                <span className={styles.text} lang="en" dir="ltr">
                  {description}
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <EmptyState
          isCompact
          title={t("commands.nothing")}
          text={t("commands.nothingText", { protocol: capabilities.data.protocol ?? "–" })}
        />
      )}
    </>
  );
}

function useLast(charger: string, type: string) {
  return useQuery({
    queryKey: keyOf(charger, "commands", type),
    queryFn: async ({ signal }): Promise<CommandItem | null> => {
      const query = { charger_id: [charger], type: [type], limit: 1 };
      return (await listCommands({ query, signal, throwOnError: true })).data.items[0] ?? null;
    },
  }).data;
}

function CommandForm({ charger, schema, onBack }: { charger: Charger; schema: CommandSchema; onBack: () => void }) {
  const { t } = useTranslation("chargers");
  const textOf = useCommandText();
  const last = useLast(charger.id, schema.type);
  const [values, setValues] = useState(() => valuesFor(schema.fields));
  const [waits, setWaits] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const [sent, setSent] = useState<string | null>(null);
  const outcome = useIssued(({ items }) => items.find(({ id }) => id === sent));
  const submit = async () => {
    setProblem(null);
    setWrong(null);
    setSending(true);
    try {
      const body = { ...bodyOf(schema.fields, values), type: schema.type } as CommandBody;
      setSent((await send(charger.id, body, { queue: waits ? DAY_S : 0 })).id);
    } catch (error) {
      if (error instanceof JsonError) setWrong(error.field);
      else setProblem(error);
    } finally {
      setSending(false);
    }
  };
  return (
    <Form onSubmit={submit} problem={problem} autoComplete="off">
      <div className={styles.head}>
        <h3>
          {textOf(schema.type)} <code>{schema.type}</code>
        </h3>
        <p className={styles.text} lang="en" dir="ltr">
          {schema.description}
        </p>
      </div>
      {last && (
        <Last
          item={last}
          onUse={schema.fields.length ? () => setValues(readBody(schema.fields, last.body)) : undefined}
        />
      )}
      {wrong !== null && <Banner tone="danger" title={t("commands.noJson", { field: wrong })} />}
      <SchemaFields fields={schema.fields} values={values} path={schema.type} onChange={setValues} />
      {!schema.fields.length && <p className={styles.text}>{t("commands.noParameters")}</p>}
      {!charger.online && (
        <Checkbox isSelected={waits} onChange={setWaits} description={t("bulk.waitsText")}>
          {t("actions.waits")}
        </Checkbox>
      )}
      {outcome && <Outcome item={outcome} />}
      <FormActions start={<Button onPress={onBack}>{t("commands.back")}</Button>}>
        <Button
          type="submit"
          variant="primary"
          isPending={isSending || outcome?.status === "pending"}
          isDisabled={!charger.online && !waits}
        >
          {t("commands.send")}
        </Button>
      </FormActions>
      {!charger.online && !waits && <p className={styles.text}>{t("actions.reasons.offline")}</p>}
    </Form>
  );
}

function Outcome({ item }: { item: CommandItem }) {
  const { t } = useTranslation("chargers");
  const format = useFormat();
  const textOf = useCommandText();
  const isPending = item.status === "pending";
  const tone = isPending ? "info" : item.status === "accepted" ? "success" : "danger";
  const word = ocppStatus(item);
  return (
    <Banner
      tone={tone}
      live="status"
      title={t("commands.line", {
        command: textOf(item.type),
        status: t(`commands.status.${item.status}`),
        time: format.time(item.finished_at ?? item.created_at),
      })}
      action={isPending ? <Spinner label={t("commands.status.pending")} /> : undefined}
    >
      {[word && `OCPP: ${word}`, item.reason].filter(Boolean).join(" · ")}
      {item.result !== null && item.result !== undefined && (
        <JsonView value={item.result} label={t("commands.answer")} />
      )}
    </Banner>
  );
}

function Last({ item, onUse }: { item: CommandItem; onUse?: () => void }) {
  const { t } = useTranslation("chargers");
  return (
    <Disclosure
      level={4}
      title={
        <span className={styles.lastTitle}>
          {t("commands.last")} <Ago at={item.created_at} />
        </span>
      }
      end={
        <Badge tone={item.status === "accepted" ? "success" : item.status === "pending" ? "info" : "warning"}>
          {t(`commands.status.${item.status}`)}
        </Badge>
      }
    >
      <div className={styles.last}>
        <p className={styles.text}>{t("commands.lastBy", { name: item.actor_name })}</p>
        <JsonView value={{ parameters: item.body, answer: item.result ?? item.reason }} label={t("commands.last")} />
        {onUse && (
          <div>
            <Button size="sm" onPress={onUse}>
              {t("commands.useLast")}
            </Button>
          </div>
        )}
      </div>
    </Disclosure>
  );
}
