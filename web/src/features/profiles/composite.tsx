// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What all profiles of a charger together allow, as the charger itself says. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { LimitChart } from "@/features/profiles/chart";
import { compositeOf } from "@/features/profiles/model";
import { Answer } from "@/features/profiles/send";
import { Banner, Dialog, ErrorState, Loading, Panel, SegmentedControl, Skeleton } from "@/kit";
import { ask } from "@/lib/chargers";

const SPANS = ["4", "24", "168"] as const;
type Span = (typeof SPANS)[number];

interface CompositeDialogProps {
  charger: string;
  evse: number;
  onClose: () => void;
}

export function CompositeDialog({ charger, evse, onClose }: CompositeDialogProps) {
  const { t } = useTranslation("profiles");
  const [span, setSpan] = useState<Span>("24");
  const { data, error, refetch } = useQuery({
    queryKey: ["composite", charger, evse, span],
    queryFn: async ({ signal }) => {
      const body = { type: "get_composite_schedule" as const, evse_id: evse, duration_s: Number(span) * 3_600 };
      return { command: await ask(charger, body, signal), at: Date.now() };
    },
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const composite = data && compositeOf(data.command.result, data.at);
  return (
    <Dialog
      title={t("composite.title", { charger })}
      description={t("composite.text")}
      size="lg"
      isDismissable
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      <Panel>
        <SegmentedControl<Span>
          label={t("composite.span")}
          size="sm"
          segments={SPANS.map((id) => ({ id, label: t(`composite.spans.${id}`) }))}
          selected={span}
          onChange={setSpan}
        />
        {error ? (
          <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading label={t("composite.asking")}>
            <Skeleton variant="block" height="13rem" />
          </Loading>
        ) : composite ? (
          <LimitChart label={t("composite.title", { charger })} unit={composite.unit} points={composite.points} />
        ) : (
          <Banner tone="warning" live="off" title={t("composite.none")}>
            <Answer command={data.command} />
          </Banner>
        )}
      </Panel>
    </Dialog>
  );
}
