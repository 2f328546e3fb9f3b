// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What stands over the screen until it is answered: dialogs, and drawers from the side. */
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import { IconButton } from "./button";
import { cx } from "./cx";
import styles from "./dialog.module.css";
import { useKitText } from "./text";

type Content = ReactNode | ((close: () => void) => ReactNode);

interface Opening {
  /** Left out where a DialogTrigger around it opens and closes it. */
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

export interface DialogProps extends Opening {
  title: string;
  description?: ReactNode;
  size?: "sm" | "md" | "lg" | "xl";
  children: Content;
  footer?: Content;
  /** A press beside it closes it: only where nothing that was typed can be lost. */
  isDismissable?: boolean;
  role?: "dialog" | "alertdialog";
}

function contentOf(content: Content, close: () => void): ReactNode {
  return typeof content === "function" ? content(close) : content;
}

/** Words that are longer than the box are scrolled by keys, where nothing in it takes the focus. */
function scrolledByKeys(element: HTMLDivElement | null) {
  if (!element) return undefined;
  const observer = new ResizeObserver(() => {
    const takesFocus = element.querySelector("a[href], button, input, textarea") !== null;
    if (!takesFocus && element.scrollHeight > element.clientHeight) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  });
  observer.observe(element);
  return () => observer.disconnect();
}

function Body({ children }: { children: ReactNode }) {
  return (
    <div ref={scrolledByKeys} className={styles.body}>
      {children}
    </div>
  );
}

export function Dialog(props: DialogProps) {
  const { title, description, size = "md", children, footer, isDismissable, role, isOpen, onOpenChange } = props;
  const t = useKitText();
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={onOpenChange} isDismissable={isDismissable} className={styles.overlay}>
      <Modal className={cx(styles.modal, styles[size])}>
        <AriaDialog role={role} className={styles.dialog}>
          {({ close }) => (
            <>
              <header className={styles.header}>
                <Heading slot="title" level={2} className={styles.title}>
                  {title}
                </Heading>
                <IconButton label={t("close")} icon={<X aria-hidden />} onPress={close} hasTooltip={false} />
              </header>
              <Body>
                {description && <p className={styles.description}>{description}</p>}
                {contentOf(children, close)}
              </Body>
              {footer && <footer className={styles.footer}>{contentOf(footer, close)}</footer>}
            </>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface DrawerProps extends Opening {
  title: string;
  children: Content;
  footer?: Content;
  side?: "start" | "end";
  size?: "sm" | "md" | "lg";
}

/** Beside what it belongs to; on a phone as wide as the screen, unless it is small. */
export function Drawer({ title, children, footer, side = "end", size = "md", isOpen, onOpenChange }: DrawerProps) {
  const t = useKitText();
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      isDismissable
      className={cx(styles.overlay, styles.aside, styles[side])}
    >
      <Modal className={cx(styles.modal, styles.drawer, styles[`drawer-${size}`])}>
        <AriaDialog className={styles.dialog}>
          {({ close }) => (
            <>
              <header className={styles.header}>
                <Heading slot="title" level={2} className={styles.title}>
                  {title}
                </Heading>
                <IconButton label={t("close")} icon={<X aria-hidden />} onPress={close} hasTooltip={false} />
              </header>
              <Body>{contentOf(children, close)}</Body>
              {footer && <footer className={styles.footer}>{contentOf(footer, close)}</footer>}
            </>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export { DialogTrigger } from "react-aria-components";
