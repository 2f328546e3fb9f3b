// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The organization one works for, and the others of the installation. */
import { useQuery } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { createOrganization, getOrganization, listOrganizations, updateOrganization } from "@/api/sdk.gen";
import type { OrganizationCreated, OrganizationItem, OrganizationUpdate } from "@/api/types.gen";
import styles from "@/features/people/people.module.css";
import {
  Banner,
  Button,
  Card,
  ComboBox,
  Conflict,
  Dialog,
  DialogActions,
  ErrorState,
  FieldRow,
  Form,
  KeyValue,
  Loading,
  Page,
  Secret,
  Skeleton,
  Table,
  TextField,
  toast,
} from "@/kit";
import { editedOf, isConflict, useBegun } from "@/lib/edited";
import { textOf } from "@/lib/forms";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { queries } from "@/lib/queries";

const ownKey = ["organization"];
const allKey = ["organizations"];

export function OrganizationPage() {
  const { t } = useTranslation("organization");
  const may = useMay();
  const format = useFormat();
  const [isEditing, setEditing] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ownKey,
    queryFn: async ({ signal }) => editedOf(await getOrganization({ signal, throwOnError: true })),
  });
  const change = (isOpen: boolean) => isOpen || setEditing(false);
  return (
    <Page title={t("title")} description={t("intro")}>
      <Card
        title={data?.item.name ?? t("title")}
        actions={
          data &&
          may("account:organization:update") && (
            <Button size="sm" icon={<Pencil aria-hidden />} onPress={() => setEditing(true)}>
              {t("edit")}
            </Button>
          )
        }
      >
        {data ? (
          <KeyValue
            items={[
              { label: t("columns.name"), value: data.item.name },
              { label: t("columns.zone"), value: data.item.time_zone },
              { label: t("columns.created"), value: format.dateTime(data.item.created_at) },
            ]}
          />
        ) : error ? (
          <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton lines={3} />
          </Loading>
        )}
      </Card>
      {may("system:installation:manage") && <Others />}
      {data && isEditing && (
        <Dialog title={t("form.edit", { name: data.item.name })} isOpen onOpenChange={change}>
          {(close) => <Edit organization={data.item} etag={data.etag} onDone={close} />}
        </Dialog>
      )}
    </Page>
  );
}

function Others() {
  const { t } = useTranslation("organization");
  const format = useFormat();
  const [isAdding, setAdding] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: allKey,
    queryFn: async ({ signal }) => (await listOrganizations({ signal, throwOnError: true })).data.items,
  });
  return (
    <Card
      title={t("all.title")}
      description={t("all.text")}
      isFlush
      actions={
        <Button size="sm" icon={<Plus aria-hidden />} onPress={() => setAdding(true)}>
          {t("add")}
        </Button>
      }
    >
      {error && !data ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className={styles.padded}>
          <Skeleton lines={3} />
        </div>
      ) : (
        <Table
          label={t("all.title")}
          rows={data}
          rowId={({ id }) => id}
          columns={[
            { id: "name", label: t("columns.name"), sortValue: ({ name }) => name, render: ({ name }) => name },
            { id: "zone", label: t("columns.zone"), render: ({ time_zone: zone }) => zone },
            {
              id: "chargers",
              label: t("columns.chargers"),
              align: "end",
              sortValue: ({ chargers }) => chargers,
              render: ({ chargers }) => format.number(chargers),
            },
            {
              id: "users",
              label: t("columns.users"),
              align: "end",
              sortValue: ({ users }) => users,
              render: ({ users }) => format.number(users),
            },
            {
              id: "created",
              label: t("columns.created"),
              sortValue: ({ created_at: at }) => at,
              render: ({ created_at: at }) => format.dateTime(at),
            },
          ]}
        />
      )}
      <Dialog title={t("add")} isOpen={isAdding} onOpenChange={setAdding}>
        {(close) => <Add onDone={close} />}
      </Dialog>
    </Card>
  );
}

function ZoneField({ value, onChange }: { value: string | null; onChange: (zone: string | null) => void }) {
  const { t } = useTranslation("organization");
  const zones = useMemo(() => ["UTC", ...Intl.supportedValuesOf("timeZone")].map((id) => ({ id, label: id })), []);
  return <ComboBox label={t("columns.zone")} options={zones} selected={value} onChange={onChange} isRequired />;
}

interface EditProps {
  organization: OrganizationItem;
  etag: string | null;
  onDone: () => void;
}

function Edit({ organization, etag, onDone }: EditProps) {
  const { t } = useTranslation("organization");
  const begun = useBegun(etag);
  const [zone, setZone] = useState<string | null>(organization.time_zone);
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [mine, setMine] = useState<OrganizationUpdate | null>(null);
  const save = async (body: OrganizationUpdate, version: string | null) => {
    setPending(true);
    setProblem(null);
    try {
      const answer = await updateOrganization({ body, headers: { "if-match": version }, throwOnError: true });
      queries.setQueryData(ownKey, editedOf(answer));
      void queries.invalidateQueries({ queryKey: ["me"] });
      void queries.invalidateQueries({ queryKey: allKey });
      toast({ tone: "success", title: t("form.saved") });
      onDone();
    } catch (error) {
      if (isConflict(error)) {
        await queries.invalidateQueries({ queryKey: ownKey });
        setMine(body);
      } else setProblem(error);
    } finally {
      setPending(false);
    }
  };
  if (mine)
    return (
      <Conflict
        fields={[
          { label: t("columns.name"), mine: mine.name ?? "", theirs: organization.name },
          { label: t("columns.zone"), mine: mine.time_zone ?? "", theirs: organization.time_zone },
        ]}
        onKeepTheirs={onDone}
        onSaveMine={() => void save(mine, etag)}
        isPending={isPending}
      />
    );
  return (
    <Form
      onSubmit={(values) => save({ name: textOf(values, "name").trim(), time_zone: zone }, begun)}
      problem={problem}
      names={{ name: t("columns.name"), time_zone: t("columns.zone") }}
    >
      <TextField label={t("columns.name")} name="name" defaultValue={organization.name} isRequired maxLength={150} />
      <ZoneField value={zone} onChange={setZone} />
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("save")}
        </Button>
      </DialogActions>
    </Form>
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("organization");
  const [zone, setZone] = useState<string | null>("UTC");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const [made, setMade] = useState<OrganizationCreated | null>(null);
  if (made)
    return (
      <>
        {made.mail && (
          <Banner tone="success" title={t("made.title", { name: made.name })} live="status">
            {t("made.mailed", { email: made.mail.recipient })}
          </Banner>
        )}
        {made.invitation_url && (
          <Secret
            title={t("made.title", { name: made.name })}
            text={t("made.text")}
            label={t("made.label")}
            value={made.invitation_url}
          />
        )}
        <DialogActions>
          <Button variant="primary" onPress={onDone}>
            {t("done")}
          </Button>
        </DialogActions>
      </>
    );
  const submit = async (values: FormData) => {
    setPending(true);
    setProblem(null);
    try {
      const text = (name: string) => textOf(values, name).trim();
      const body = {
        name: text("name"),
        time_zone: zone ?? "UTC",
        admin: text("admin"),
        admin_email: text("admin_email") || null,
      };
      const { data } = await createOrganization({ body, throwOnError: true });
      void queries.invalidateQueries({ queryKey: allKey });
      setMade(data);
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  const names = {
    name: t("columns.name"),
    time_zone: t("columns.zone"),
    admin: t("form.admin"),
    admin_email: t("form.email"),
  };
  return (
    <Form onSubmit={submit} problem={problem} names={names} autoComplete="off">
      <TextField label={t("columns.name")} name="name" isRequired autoFocus maxLength={150} />
      <ZoneField value={zone} onChange={setZone} />
      <FieldRow>
        <TextField
          label={t("form.admin")}
          name="admin"
          isRequired
          maxLength={150}
          description={t("form.adminText")}
          spellCheck="false"
        />
        <TextField
          label={t("form.email")}
          name="admin_email"
          type="email"
          maxLength={254}
          description={t("form.emailText")}
        />
      </FieldRow>
      <DialogActions>
        <Button onPress={onDone}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {t("add")}
        </Button>
      </DialogActions>
    </Form>
  );
}
