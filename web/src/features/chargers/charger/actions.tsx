// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What a charger can be told: the usual things as buttons, the rest by name. */
import { useQuery } from "@tanstack/react-query";
import { Ban, LockOpen, Pencil, Play, RotateCw, Square, Terminal, Trash2 } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Charger, Transaction } from "@/api/types.gen";
import styles from "@/features/chargers/charger/charger.module.css";
import { activeQuery, capabilitiesQuery } from "@/features/chargers/charger/data";
import { maySend } from "@/features/chargers/commands/words";
import { Button, ButtonGroup, MenuButton, useNarrow, type MenuAction } from "@/kit";
import { useMay } from "@/lib/me";

const Dialogs = lazy(() =>
  import("@/features/chargers/charger/action-dialogs").then((file) => ({ default: file.ActionDialog })),
);
const Commands = lazy(() =>
  import("@/features/chargers/commands/dialog").then((file) => ({ default: file.CommandDialog })),
);
const Edit = lazy(() => import("@/features/chargers/charger/edit").then((file) => ({ default: file.EditDialog })));
const Retire = lazy(() => import("@/features/chargers/charger/edit").then((file) => ({ default: file.RetireDialog })));

export type ActionKind = "start" | "stop" | "unlock" | "reset" | "availability";
type Open = ActionKind | "command" | "edit" | "retire";

const TYPES: Readonly<Record<ActionKind, string>> = {
  start: "start_transaction",
  stop: "stop_transaction",
  unlock: "unlock",
  reset: "reset",
  availability: "change_availability",
};
const ICONS: Readonly<Record<ActionKind, ReactNode>> = {
  start: <Play aria-hidden />,
  stop: <Square aria-hidden />,
  unlock: <LockOpen aria-hidden />,
  reset: <RotateCw aria-hidden />,
  availability: <Ban aria-hidden />,
};
const KINDS = Object.keys(TYPES) as ActionKind[];

interface Known {
  charger: Charger;
  sessions: readonly Transaction[];
  knows: (type: string) => boolean;
}

/** Why it cannot be done now, as a word of the texts; null where it can. */
function reasonOf(kind: ActionKind, { charger, sessions, knows }: Known): string | null {
  if (charger.retired_at) return "retired";
  // out of service can wait until it connects
  if (!charger.online && kind !== "availability") return "offline";
  if (!knows(TYPES[kind])) return "unknown";
  if (kind === "stop" && !sessions.length) return "noSession";
  if (kind === "start" && charger.connectors.length > 0 && sessions.length >= charger.connectors.length)
    return "allBusy";
  return null;
}

export function ChargerActions({ charger, etag }: { charger: Charger; etag: string | null }) {
  const { t } = useTranslation("chargers");
  const may = useMay();
  const isNarrow = useNarrow();
  const [open, setOpen] = useState<Open | null>(null);
  const sessions = useQuery({ ...activeQuery(charger.id), enabled: may("transaction:transaction:read") }).data ?? [];
  const capabilities = useQuery(capabilitiesQuery(charger.id)).data;
  const knows = (type: string) => capabilities?.commands.includes(type) ?? true;
  const sends = charger.can?.send_command !== false;
  const shown = KINDS.filter((kind) => sends && maySend(TYPES[kind], may)).map((kind) => ({
    kind,
    reason: reasonOf(kind, { charger, sessions, knows }),
  }));
  const reasons = [...new Set(shown.flatMap(({ reason }) => reason ?? []))];
  const more: (MenuAction | false)[] = [
    charger.can?.update_charger !== false && {
      id: "edit",
      label: t("charger.edit"),
      icon: <Pencil aria-hidden />,
      onAction: () => setOpen("edit"),
    },
    charger.can?.retire_charger !== false &&
      !charger.retired_at && {
        id: "retire",
        label: t("charger.retire"),
        icon: <Trash2 aria-hidden />,
        isDanger: true,
        onAction: () => setOpen("retire"),
      },
  ];
  const command: MenuAction = {
    id: "command",
    label: t("commands.other"),
    icon: <Terminal aria-hidden />,
    onAction: () => setOpen("command"),
  };
  const rest = more.filter((each) => each !== false);
  const asMenu: MenuAction[] = shown.map(({ kind, reason }) => ({
    id: kind,
    label: t(`actions.${kind}.action`),
    icon: ICONS[kind],
    isDisabled: reason !== null,
    reason: reason === null ? undefined : t(`actions.reasons.${reason}`),
    onAction: () => setOpen(kind),
  }));
  const close = () => setOpen(null);
  return (
    <div className={styles.actions}>
      {isNarrow ? (
        <MenuButton
          label={t("actions.label")}
          variant="primary"
          items={[...asMenu, ...(sends ? [command] : []), ...rest]}
        />
      ) : (
        <div className={styles.buttons}>
          <ButtonGroup label={t("actions.label")}>
            {shown.map(({ kind, reason }) => (
              <Button key={kind} icon={ICONS[kind]} isDisabled={reason !== null} onPress={() => setOpen(kind)}>
                {t(`actions.${kind}.action`)}
              </Button>
            ))}
            {sends && maySend("", may) && (
              <Button icon={command.icon} onPress={() => setOpen("command")}>
                {command.label}
              </Button>
            )}
          </ButtonGroup>
          {rest.length > 0 && <MenuButton label={t("charger.more")} isIconOnly items={rest} />}
        </div>
      )}
      {!isNarrow && <p className={styles.reasons}>{reasons.map((each) => t(`actions.reasons.${each}`)).join(" ")}</p>}
      {open && (
        <Suspense>
          {open === "command" ? (
            <Commands charger={charger} onClose={close} />
          ) : open === "edit" ? (
            <Edit charger={charger} etag={etag} onClose={close} />
          ) : open === "retire" ? (
            <Retire charger={charger} onClose={close} />
          ) : (
            <Dialogs kind={open} charger={charger} sessions={sessions} onClose={close} />
          )}
        </Suspense>
      )}
    </div>
  );
}
