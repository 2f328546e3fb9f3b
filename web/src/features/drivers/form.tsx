// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A driver who is made known, or changed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createDriver } from "@/api/sdk.gen";
import type { Driver, DriverCreate } from "@/api/types.gen";
import { changeDriver, driverPath, driverQuery, driversChanged } from "@/features/drivers/api";
import { Button, Conflict, DialogActions, FieldRow, Form, TextArea, TextField, toast } from "@/kit";
import { isConflict, useBegun } from "@/lib/edited";
import { textOf } from "@/lib/forms";

const FIELDS = ["name", "email", "phone", "external_id", "language", "note"] as const;
type Body = Required<Pick<DriverCreate, (typeof FIELDS)[number]>>;

interface DriverFormProps {
  driver?: Driver;
  etag?: string | null;
  onDone: () => void;
}

export function DriverForm({ driver, etag = null, onDone }: DriverFormProps) {
  const { t } = useTranslation("drivers");
  const begun = useBegun(etag);
  const queries = useQueryClient();
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<Body | null>(null);
  const save = async (body: Body, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const saved = driver
        ? await changeDriver(driver.id, body, version)
        : (await createDriver({ body, throwOnError: true })).data;
      driversChanged();
      toast({
        tone: "success",
        title: t(driver ? "form.saved" : "form.added", { name: saved.name }),
        action: driver ? undefined : { label: t("actions.open"), to: driverPath(saved.id) },
      });
      onDone();
    } catch (error) {
      if (driver && isConflict(error)) {
        await queries.invalidateQueries({ queryKey: driverQuery(driver.id).queryKey });
        setMine(body);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (driver && mine) {
    return (
      <Differences
        driver={driver}
        mine={mine}
        isPending={isPending}
        onKeep={onDone}
        onSave={() => void save(mine, etag)}
      />
    );
  }
  const submit = (values: FormData) => {
    const text = (name: string) => textOf(values, name).trim() || null;
    return save(
      {
        name: textOf(values, "name").trim(),
        email: text("email"),
        phone: text("phone"),
        external_id: text("external_id"),
        language: text("language"),
        note: text("note"),
      },
      begun,
    );
  };
  const names = Object.fromEntries(FIELDS.map((name) => [name, t(`form.${name}`)]));
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField label={t("form.name")} name="name" defaultValue={driver?.name} isRequired autoFocus maxLength={150} />
      <FieldRow>
        <TextField
          label={t("form.email")}
          name="email"
          type="email"
          defaultValue={driver?.email ?? ""}
          maxLength={254}
        />
        <TextField label={t("form.phone")} name="phone" type="tel" defaultValue={driver?.phone ?? ""} maxLength={30} />
      </FieldRow>
      <FieldRow>
        <TextField
          label={t("form.external_id")}
          name="external_id"
          defaultValue={driver?.external_id ?? ""}
          maxLength={100}
          description={t("form.externalIdText")}
        />
        <TextField
          label={t("form.language")}
          name="language"
          defaultValue={driver?.language ?? ""}
          maxLength={8}
          description={t("form.languageText")}
        />
      </FieldRow>
      <TextArea label={t("form.note")} name="note" defaultValue={driver?.note ?? ""} rows={2} maxLength={500} />
      <DialogActions>
        <Button onPress={onDone}>{t("form.cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {driver ? t("form.save") : t("form.do")}
        </Button>
      </DialogActions>
    </Form>
  );
}

interface DifferencesProps {
  driver: Driver;
  mine: Body;
  isPending: boolean;
  onKeep: () => void;
  onSave: () => void;
}

function Differences({ driver, mine, isPending, onKeep, onSave }: DifferencesProps) {
  const { t } = useTranslation("drivers");
  const { data } = useQuery(driverQuery(driver.id));
  const theirs = data?.item ?? driver;
  const fields = FIELDS.map((name) => ({
    label: t(`form.${name}`),
    mine: mine[name] ?? "",
    theirs: theirs[name] ?? "",
  }));
  return <Conflict fields={fields} onKeepTheirs={onKeep} onSaveMine={onSave} isPending={isPending} />;
}
