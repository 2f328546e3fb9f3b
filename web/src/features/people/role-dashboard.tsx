// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What whoever has a role begins with on the overview. */
import { useQuery } from "@tanstack/react-query";
import { Eye, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { RoleItem } from "@/api/types.gen";
import { defaultQuery, useDashboardWords } from "@/lib/dashboard-defaults";
import { usePreviewAs } from "@/lib/preview-as";
import { RemoveDefault } from "@/kit/remove-default";
import { useRoleName } from "@/features/people/parts";
import { Button, Card, ErrorState, KeyValue, LinkButton, Loading, Skeleton } from "@/kit";
import { useFormat } from "@/lib/format";

export function RoleDashboard({ role }: { role: RoleItem }) {
  const { t } = useTranslation("roles");
  const format = useFormat();
  const inWords = useDashboardWords();
  const previewAs = usePreviewAs();
  const name = useRoleName()(role.key);
  const [isRemoving, setRemoving] = useState(false);
  const { data, error, refetch } = useQuery(defaultQuery(role.key));
  return (
    <Card
      title={t("dashboard.title")}
      description={t("dashboard.text")}
      actions={
        data ? (
          <>
            <Button size="sm" icon={<Eye aria-hidden />} onPress={() => void previewAs({ key: role.key, name })}>
              {t("dashboard.see")}
            </Button>
            <Button size="sm" icon={<Trash2 aria-hidden />} onPress={() => setRemoving(true)}>
              {t("dashboard.remove")}
            </Button>
          </>
        ) : (
          data === null && (
            <LinkButton size="sm" to="/">
              {t("dashboard.overview")}
            </LinkButton>
          )
        )
      }
    >
      {error ? (
        <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading>
          <Skeleton lines={2} />
        </Loading>
      ) : data === null ? (
        <KeyValue
          items={[
            {
              label: t("dashboard.shown"),
              isWide: true,
              value: (
                <>
                  {t("dashboard.none")}. <span className="soft">{t("dashboard.noneText")}</span>
                </>
              ),
            },
          ]}
        />
      ) : (
        <KeyValue
          items={[
            {
              label: t("dashboard.shown"),
              isWide: true,
              value: (
                <ul>
                  {inWords(data.item.dashboards).map((words, index) => (
                    <li key={index}>{words}</li>
                  ))}
                </ul>
              ),
            },
            { label: t("dashboard.since"), value: format.dateTime(data.item.updated_at) },
          ]}
        />
      )}
      {isRemoving && data && (
        <RemoveDefault role={role.key} name={name} etag={data.etag} onClose={() => setRemoving(false)} />
      )}
    </Card>
  );
}
