// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is stored of a person: handed out to them, or erased. */
import { useQuery } from "@tanstack/react-query";
import { Download, FileArchive, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { createPrivacyErasure, createPrivacyExport, listPrivacyExports } from "@/api/sdk.gen";
import type { Driver, PrivacyRequest } from "@/api/types.gen";
import styles from "@/features/drivers/drivers.module.css";
import { Badge, Button, Card, ConfirmDialog, Panel, ProblemBanner, toast } from "@/kit";
import { fetchFile } from "@/lib/files";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";
import { problemOf } from "@/lib/problems";
import { queries } from "@/lib/queries";

const POLL_MS = 2_000;

interface PersonalDataProps {
  driver: Driver;
  onErased: () => void;
}

export function PersonalData({ driver, onErased }: PersonalDataProps) {
  const { t } = useTranslation("drivers");
  const may = useMay();
  return (
    <Card title={t("privacy.title")} description={t("privacy.text")}>
      <Panel>
        {may("privacy:person:export") && <Exports driver={driver} />}
        {may("privacy:person:erase") && <Erase driver={driver} onErased={onErased} />}
      </Panel>
    </Card>
  );
}

function exportsKey(id: string) {
  return ["drivers", "exports", id];
}

function Exports({ driver }: { driver: Driver }) {
  const { t } = useTranslation("drivers");
  const [problem, setProblem] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const { data } = useQuery({
    queryKey: exportsKey(driver.id),
    queryFn: async ({ signal }) => {
      const { data: page } = await listPrivacyExports({
        query: { subject_id: [driver.id], limit: 5 },
        signal,
        throwOnError: true,
      });
      return page.items;
    },
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => status === "queued") ? POLL_MS : false),
  });
  const request = async () => {
    setPending(true);
    setProblem(null);
    try {
      await createPrivacyExport({ body: { driver_id: driver.id }, throwOnError: true });
      await queries.invalidateQueries({ queryKey: exportsKey(driver.id) });
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Panel>
      <div className={styles.line}>
        <p>{t("privacy.exportText")}</p>
        <Button icon={<FileArchive aria-hidden />} isPending={isPending} onPress={() => void request()}>
          {t("privacy.export")}
        </Button>
      </div>
      {problem != null && <ProblemBanner problem={problem} />}
      {data && data.length > 0 && (
        <ul className={styles.list} aria-live="polite">
          {data.map((each) => (
            <Handed key={each.id} request={each} name={driver.name} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Handed({
  request: { id, status, created_at: at, size_bytes: size, expires_at: end },
  name,
}: {
  request: PrivacyRequest;
  name: string;
}) {
  const { t } = useTranslation("drivers");
  const format = useFormat();
  const fetchIt = () => {
    fetchFile(`/api/v1/privacy/exports/${id}/content`, "personal-data.zip").catch((error: unknown) =>
      toast({ tone: "danger", title: t("privacy.failed"), text: problemOf(error).message }),
    );
  };
  return (
    <li className={styles.line}>
      <span>
        {format.dateTime(at)}{" "}
        <Badge tone={status === "done" ? "success" : status === "queued" ? "info" : "neutral"}>
          {t(`privacy.states.${status}`)}
        </Badge>
      </span>
      {status === "done" && (
        <span className={styles.buttons}>
          <span className="soft">
            {[size !== null && format.bytes(size), end && t("privacy.until", { time: format.date(end) })]
              .filter(Boolean)
              .join(" · ")}
          </span>
          <Button
            size="sm"
            icon={<Download aria-hidden />}
            aria-label={t("privacy.downloadOf", { name })}
            onPress={fetchIt}
          >
            {t("privacy.download")}
          </Button>
        </span>
      )}
    </li>
  );
}

function Erase({ driver, onErased }: PersonalDataProps) {
  const { t } = useTranslation("drivers");
  const [isAsking, setAsking] = useState(false);
  const { name } = driver;
  return (
    <section className={styles.line}>
      <p>{t("privacy.eraseText")}</p>
      <Button variant="danger" icon={<Trash2 aria-hidden />} onPress={() => setAsking(true)}>
        {t("privacy.erase")}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={t("privacy.eraseTitle", { name })}
          consequence={
            <Panel>
              <p>{t("privacy.consequence")}</p>
              <p>{t("privacy.lists")}</p>
            </Panel>
          }
          confirmLabel={t("privacy.eraseDo")}
          isDanger
          typed={name}
          isOpen
          onOpenChange={setAsking}
          onConfirm={async () => {
            await createPrivacyErasure({ body: { driver_id: driver.id }, throwOnError: true });
            toast({ tone: "success", title: t("privacy.erased"), text: t("privacy.erasedText") });
            onErased();
          }}
        />
      )}
    </section>
  );
}
