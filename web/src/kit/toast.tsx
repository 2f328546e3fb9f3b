// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Short messages about what was just done. What has to be answered or kept belongs elsewhere. */
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import {
  Text,
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as AriaToastRegion,
} from "react-aria-components";

import { Button, IconButton, LinkButton } from "./button";
import { cx } from "./cx";
import { useKitText } from "./text";
import styles from "./toast.module.css";
import { ToneIcon, type Tone } from "./tone";

export interface ToastMessage {
  title: string;
  text?: string;
  tone?: Tone;
  action?: { label: string; to?: string; onAction?: () => void };
  /** In milliseconds; null: it stays until it is closed. Failures stay anyway. */
  timeout?: number | null;
}

const READ_MS = 6_000;
const ACT_MS = 20_000;

const queue = new ToastQueue<ToastMessage>({ maxVisibleToasts: 4 });

/** Show a message; the answer takes it away. */
export function toast(message: ToastMessage): () => void {
  const usual = message.tone === "danger" ? null : message.action ? ACT_MS : READ_MS;
  const timeout = message.timeout === undefined ? usual : message.timeout;
  const key = queue.add(message, timeout === null ? undefined : { timeout });
  return () => queue.close(key);
}

/** Once in the app, after everything else. */
export function ToastRegion() {
  const t = useKitText();
  const isEmpty = useSyncExternalStore(
    (changed) => queue.subscribe(changed),
    () => queue.visibleToasts.length === 0,
  );
  // it would remember which message was pressed when it was taken away, and focus the next one: that would never go
  if (isEmpty) return null;
  return (
    <AriaToastRegion queue={queue} aria-label={t("toasts")} className={styles.region}>
      {({ toast: shown }) => (
        <AriaToast toast={shown} className={cx(styles.toast, styles[shown.content.tone ?? "info"])}>
          <span className={styles.icon}>
            <ToneIcon tone={shown.content.tone ?? "info"} label={t(`tone.${shown.content.tone ?? "info"}`)} />
          </span>
          <ToastContent className={styles.words}>
            <Text slot="title" className={styles.title}>
              {shown.content.title}
            </Text>
            {shown.content.text && (
              <Text slot="description" className={styles.text}>
                {shown.content.text}
              </Text>
            )}
          </ToastContent>
          {shown.content.action && (
            <span className={styles.act}>
              <ToastAction action={shown.content.action} onDone={() => queue.close(shown.key)} />
            </span>
          )}
          <IconButton slot="close" label={t("dismiss")} size="sm" icon={<X aria-hidden />} hasTooltip={false} />
        </AriaToast>
      )}
    </AriaToastRegion>
  );
}

function ToastAction({ action, onDone }: { action: NonNullable<ToastMessage["action"]>; onDone: () => void }) {
  if (action.to) {
    return (
      <LinkButton size="sm" to={action.to} onPress={onDone}>
        {action.label}
      </LinkButton>
    );
  }
  const act = () => {
    action.onAction?.();
    onDone();
  };
  return (
    <Button size="sm" onPress={act}>
      {action.label}
    </Button>
  );
}
