// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** One driver: how to reach them, what they charge with, what they charged, and what is stored of them. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Ban, CircleCheck, Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Driver } from "@/api/types.gen";
import { driverQuery, driversChanged } from "@/features/drivers/api";
import { DriverStatus, type Asked } from "@/features/drivers/list";
import { PersonalData } from "@/features/drivers/personal-data";
import { DriverSessions } from "@/features/drivers/sessions";
import { DriverTags } from "@/features/drivers/tags";
import { AwaitedPage, Button, Card, Columns, deletion, KeyValue, MenuButton, Page, TextLink, type Fact } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

const route = getRouteApi("/signed-in/drivers/$driverId");
const Dialogs = lazy(() => import("@/features/drivers/dialogs").then((file) => ({ default: file.DriverDialogs })));
const READ = "driver:driver:read";

export function DriverPage() {
  const { t } = useTranslation("drivers");
  const { driverId } = route.useParams();
  const may = useMay();
  const query = useQuery({ ...driverQuery(driverId), enabled: may(READ) });
  if (query.data) return <One driver={query.data.item} />;
  return (
    <AwaitedPage title={t("one.title")} list={{ label: t("title"), to: "/drivers" }} permission={READ} query={query} />
  );
}

function One({ driver }: { driver: Driver }) {
  const { t } = useTranslation("drivers");
  const may = useMay();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = (kind: Asked["kind"]) => () => setAsked({ kind, id: driver.id });
  const mayWrite = driver.can?.update_driver ?? may("driver:driver:write");
  const isBlocked = driver.status === "blocked";
  const gone = () => void navigate({ to: "/drivers" }).then(() => driversChanged());
  return (
    <Page
      title={driver.name}
      status={<DriverStatus status={driver.status} />}
      breadcrumbs={[{ label: t("title"), to: "/drivers" }, { label: driver.name }]}
      actions={
        mayWrite && (
          <>
            <Button
              variant={isBlocked ? "primary" : "secondary"}
              icon={isBlocked ? <CircleCheck aria-hidden /> : <Ban aria-hidden />}
              onPress={ask(isBlocked ? "unblock" : "block")}
            >
              {t(isBlocked ? "actions.unblock" : "actions.block")}
            </Button>
            <Button icon={<Pencil aria-hidden />} onPress={ask("edit")}>
              {t("actions.edit")}
            </Button>
            <MenuButton
              label={t("actions.more")}
              isIconOnly
              variant="secondary"
              items={[deletion(t("actions.delete"), ask("delete"))]}
            />
          </>
        )
      }
    >
      <Contact driver={driver} />
      <Columns>
        {may("token:token:read") && <DriverTags driver={driver} />}
        {may("transaction:transaction:read") && <DriverSessions driver={driver} />}
      </Columns>
      {(may("privacy:person:export") || may("privacy:person:erase")) && (
        <PersonalData driver={driver} onErased={gone} />
      )}
      {asked && (
        <Suspense>
          <Dialogs asked={asked} onClose={() => setAsked(null)} onDeleted={gone} />
        </Suspense>
      )}
    </Page>
  );
}

function Contact({ driver }: { driver: Driver }) {
  const { t } = useTranslation("drivers");
  const format = useFormat();
  const { email, phone } = driver;
  const facts: Fact[] = [
    { label: t("columns.email"), value: email && <TextLink href={`mailto:${email}`}>{email}</TextLink> },
    {
      label: t("columns.phone"),
      value: phone && <TextLink href={`tel:${phone.replace(/[^+0-9]/g, "")}`}>{phone}</TextLink>,
    },
    { label: t("columns.externalId"), value: driver.external_id },
    { label: t("form.language"), value: driver.language },
    { label: t("columns.created"), value: format.dateTime(driver.created_at) },
    { label: t("columns.updated"), value: format.dateTime(driver.updated_at) },
    { label: t("columns.note"), value: driver.note, isWide: true },
  ];
  return (
    <Card title={t("one.contact")}>
      <KeyValue items={facts} />
    </Card>
  );
}
