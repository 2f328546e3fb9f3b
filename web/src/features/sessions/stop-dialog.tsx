// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/**
 * Two things that are easily taken for one another: asking a charger to stop, and closing the record of a session that
 * no charger will end.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { TransactionWhole } from "@/api/types.gen";
import { AskToStop } from "@/features/sessions/ask-to-stop";
import { CloseRecord } from "@/features/sessions/close-record";
import { chargerName, isOpen } from "@/features/sessions/model";
import { useWholeSession } from "@/features/sessions/one";
import { SessionStatus, WhoseTag } from "@/features/sessions/parts";
import styles from "@/features/sessions/stop.module.css";
import { sessionRows } from "@/features/sessions/rows";
import { Banner, Button, Dialog, DialogActions, ErrorState, Loading, Skeleton } from "@/kit";
import { useFormat } from "@/lib/format";
import { useMay } from "@/lib/me";

export interface StopDialogProps {
  id: string;
  onClose: () => void;
}

export function StopDialog({ id, onClose }: StopDialogProps) {
  const { t } = useTranslation("sessions");
  const { data, error, refetch } = useWholeSession(id);
  const known = data ?? sessionRows.get(id);
  const title = known ? t("stop.title", { name: chargerName(known) }) : t("stop.open");
  return (
    <Dialog title={title} size="md" isOpen onOpenChange={(isOpened) => isOpened || onClose()}>
      {(close) =>
        data ? (
          <Choices session={data} onClose={close} />
        ) : error ? (
          <ErrorState isCompact problem={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton lines={6} />
          </Loading>
        )
      }
    </Dialog>
  );
}

function Choices({ session, onClose }: { session: TransactionWhole; onClose: () => void }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const may = useMay();
  const queries = useQueryClient();
  const again = () => void queries.invalidateQueries({ queryKey: ["sessions"] });
  const mayAsk = may("charger:command:send") && may("transaction:transaction:control");
  const mayClose = session.can?.close_transaction ?? may("transaction:transaction:close");
  const wh = session.energy_wh;
  return (
    <div className={styles.choices}>
      <p className={styles.session}>
        <SessionStatus row={session} /> <WhoseTag row={session} />
        {session.start_timestamp && <span>{t("stop.since", { time: format.dateTime(session.start_timestamp) })}</span>}
        {wh !== null && <span>{format.energy(wh)}</span>}
      </p>
      {isOpen(session) ? (
        <>
          {mayAsk && <AskToStop session={session} onAnswer={again} />}
          {mayClose && session.close_proposal && (
            <CloseRecord session={session} proposal={session.close_proposal} onClosed={again} />
          )}
        </>
      ) : (
        <Banner tone="success" title={t("stop.over")}>
          {session.stop_timestamp && t("stop.overAt", { time: format.exact(session.stop_timestamp) })}
        </Banner>
      )}
      <DialogActions>
        <Button onPress={onClose}>{t("stop.done")}</Button>
      </DialogActions>
    </div>
  );
}
