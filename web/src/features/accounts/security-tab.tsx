// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What guards the account: the password, second factors, and codes for bad days. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, LifeBuoy, Lock, Smartphone } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { getMySecurityOptions, listMyPasskeysOptions, listMySessionsOptions } from "@/api/@tanstack/react-query.gen";
import { changePassword, removePasskey, removeTotp, renamePasskey, renewRecoveryCodes } from "@/api/sdk.gen";
import type { PasskeyItem, Security } from "@/api/types.gen";
import {
  Ago,
  Badge,
  Banner,
  Button,
  Card,
  Dialog,
  ErrorState,
  Form,
  FormActions,
  LinkButton,
  Loading,
  Skeleton,
  TextField,
  toast,
} from "@/kit";
import { useFormat } from "@/lib/format";
import { textOf } from "@/lib/forms";
import { meQuery, useMay, useMe } from "@/lib/me";

import { GuardedDialog } from "./confirmation";
import { useInstallation } from "./gate";
import { NewPassword } from "./new-password";
import styles from "./parts.module.css";
import { passkeysWork } from "./passkeys";
import { RecoveryCodes } from "./recovery-codes";
import { Refusal } from "./refusal";
import { AddPasskey, AddTotp } from "./set-up-factor";

type Open = "password" | "totp" | "remove-totp" | "passkey" | "codes" | null;

export function SecurityTab() {
  const { t } = useTranslation("accounts");
  const security = useQuery(getMySecurityOptions());
  const may = useMay();
  if (security.isPending)
    return (
      <Loading>
        <Skeleton variant="block" height="14rem" />
      </Loading>
    );
  if (security.isError) return <ErrorState problem={security.error} onRetry={() => void security.refetch()} />;
  return (
    <>
      <Demand />
      <Guards security={security.data} />
      <Passkeys security={security.data} />
      {may("account:api_key:read") && (
        <Card
          title={t("keys.title")}
          description={t("keys.text")}
          actions={<LinkButton to="/api-keys">{t("keys.open")}</LinkButton>}
        />
      )}
    </>
  );
}

/** Reads anew whatever may be different after a change. */
function useRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: getMySecurityOptions().queryKey }),
      queries.invalidateQueries({ queryKey: listMyPasskeysOptions().queryKey }),
      queries.invalidateQueries({ queryKey: listMySessionsOptions().queryKey }),
      queries.fetchQuery({ ...meQuery, staleTime: 0 }),
    ]);
  };
}

/** Says that a second factor will be asked for, as long as there is none. */
function Demand() {
  const { t } = useTranslation("accounts");
  const format = useFormat();
  const factor = useMe()?.second_factor;
  if (!factor || factor.set_up || !factor.required_from) return null;
  return (
    <Banner
      tone="warning"
      live="off"
      title={t("security.requiredFrom", { time: format.dateTime(factor.required_from) })}
    />
  );
}

interface RowProps {
  icon: ReactNode;
  title: string;
  text: ReactNode;
  badge?: ReactNode;
  children?: ReactNode;
}

function Row({ icon, title, text, badge, children }: RowProps) {
  return (
    <li className={styles.item}>
      {icon}
      <div className={styles.itemText}>
        <p className={styles.itemTitle}>
          {title}
          {badge}
        </p>
        <p className={styles.small}>{text}</p>
      </div>
      <div className={styles.row}>{children}</div>
    </li>
  );
}

function Guards({ security }: { security: Security }) {
  const { t } = useTranslation("accounts");
  const [open, setOpen] = useState<Open>(null);
  const on = <Badge tone="success">{t("security.on")}</Badge>;
  const off = <Badge>{t("security.off")}</Badge>;
  const hasFactor = security.totp || security.passkeys > 0;
  return (
    <Card title={t("security.title")}>
      <ul className={styles.items}>
        <Row
          icon={<Lock aria-hidden />}
          title={t("security.password")}
          text={t(security.has_password ? "security.passwordText" : "security.noPassword")}
        >
          {security.has_password && <Button onPress={() => setOpen("password")}>{t("security.changePassword")}</Button>}
        </Row>
        <Row
          icon={<Smartphone aria-hidden />}
          title={t("security.totp")}
          badge={security.totp ? on : off}
          text={t("security.totpText")}
        >
          {security.totp ? (
            <Button onPress={() => setOpen("remove-totp")}>{t("security.turnOff")}</Button>
          ) : (
            <Button onPress={() => setOpen("totp")}>{t("security.setUp")}</Button>
          )}
        </Row>
        <Row
          icon={<LifeBuoy aria-hidden />}
          title={t("codes.title")}
          text={hasFactor ? t("security.codesLeft", { count: security.recovery_codes }) : t("security.codesLater")}
          badge={
            hasFactor && security.recovery_codes < 3 ? (
              <Badge tone="warning">{t("security.codesFew")}</Badge>
            ) : undefined
          }
        >
          {hasFactor && <Button onPress={() => setOpen("codes")}>{t("security.newCodes")}</Button>}
        </Row>
      </ul>
      {open === "password" && <PasswordDialog onClose={() => setOpen(null)} />}
      {open === "totp" && <TotpDialog onClose={() => setOpen(null)} />}
      {open === "remove-totp" && <RemoveTotp security={security} onClose={() => setOpen(null)} />}
      {open === "codes" && <CodesDialog onClose={() => setOpen(null)} />}
    </Card>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const me = useMe();
  const refresh = useRefresh();
  const save = async (password: string, current: string): Promise<void> => {
    await changePassword({ body: { current_password: current, new_password: password }, throwOnError: true });
    toast({ tone: "success", title: t("security.passwordChanged") });
    onClose();
    await refresh();
  };
  return (
    <Dialog
      title={t("security.changePassword")}
      description={t("security.changePasswordText")}
      size="sm"
      isOpen
      onOpenChange={onClose}
    >
      <div className={styles.stack}>
        <NewPassword username={me?.username} asksCurrent submitLabel={t("security.changePassword")} save={save} />
      </div>
    </Dialog>
  );
}

function TotpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const refresh = useRefresh();
  const done = () => {
    toast({ tone: "success", title: t("security.totpDone") });
    onClose();
    void refresh();
  };
  return (
    <Dialog title={t("setUp.totp")} size="sm" isOpen onOpenChange={onClose}>
      <AddTotp onDone={done} />
    </Dialog>
  );
}

function RemoveTotp({ security, onClose }: { security: Security; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const refresh = useRefresh();
  return (
    <GuardedDialog
      title={t("security.removeTotpTitle")}
      text={t(security.passkeys ? "security.removeTotpText" : "security.removeLastText")}
      submitLabel={t("security.turnOff")}
      isDanger
      onClose={onClose}
      onConfirm={async (confirmation) => {
        await removeTotp({ body: confirmation, throwOnError: true });
        await refresh();
      }}
    />
  );
}

function CodesDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const refresh = useRefresh();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  if (codes)
    return (
      <Dialog title={t("codes.title")} size="sm" isOpen onOpenChange={onClose}>
        <RecoveryCodes codes={codes} onDone={onClose} />
      </Dialog>
    );
  return (
    <GuardedDialog
      title={t("security.newCodes")}
      text={t("security.newCodesText")}
      submitLabel={t("security.newCodes")}
      onClose={onClose}
      staysOpen
      onConfirm={async (confirmation) => {
        const { data } = await renewRecoveryCodes({ body: confirmation, throwOnError: true });
        setCodes(data.codes);
        await refresh();
      }}
    />
  );
}

function Passkeys({ security }: { security: Security }) {
  const { t } = useTranslation("accounts");
  const format = useFormat();
  const origin = useInstallation()?.origin;
  const refresh = useRefresh();
  const passkeys = useQuery(listMyPasskeysOptions());
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<PasskeyItem | null>(null);
  const [renaming, setRenaming] = useState<PasskeyItem | null>(null);
  const works = passkeysWork(origin) && security.passkeys_available;
  const items = passkeys.data?.items ?? [];
  const added = () => {
    toast({ tone: "success", title: t("security.passkeyDone") });
    setAdding(false);
    void refresh();
  };
  return (
    <Card
      title={t("security.passkeys")}
      description={t("security.passkeysText")}
      actions={works && <Button onPress={() => setAdding(true)}>{t("security.addPasskey")}</Button>}
    >
      {!works && (
        <p className={styles.small}>
          {origin ? t("security.passkeysElsewhere", { origin }) : t("security.passkeysNever")}
        </p>
      )}
      {passkeys.isError && <ErrorState isCompact problem={passkeys.error} onRetry={() => void passkeys.refetch()} />}
      {works && passkeys.isSuccess && items.length === 0 && <p className={styles.small}>{t("security.noPasskeys")}</p>}
      <ul className={styles.items}>
        {items.map((item) => (
          <Row
            key={item.id}
            icon={<KeyRound aria-hidden />}
            title={item.name}
            badge={item.backed_up ? <Badge>{t("security.synced")}</Badge> : undefined}
            text={
              <>
                {t("security.passkeyMade", { time: format.date(item.created_at) })} ·{" "}
                {item.last_used_at ? (
                  <>
                    {t("security.passkeyUsed")} <Ago at={item.last_used_at} />
                  </>
                ) : (
                  t("security.passkeyUnused")
                )}
              </>
            }
          >
            <Button
              size="sm"
              onPress={() => setRenaming(item)}
              aria-label={t("security.renameNamed", { name: item.name })}
            >
              {t("security.rename")}
            </Button>
            <Button
              size="sm"
              onPress={() => setRemoving(item)}
              aria-label={t("security.removeNamed", { name: item.name })}
            >
              {t("security.remove")}
            </Button>
          </Row>
        ))}
      </ul>
      {isAdding && (
        <Dialog title={t("security.addPasskey")} size="sm" isOpen onOpenChange={() => setAdding(false)}>
          <AddPasskey onDone={added} />
        </Dialog>
      )}
      {renaming && <RenameDialog item={renaming} onClose={() => setRenaming(null)} onDone={refresh} />}
      {removing && (
        <GuardedDialog
          title={t("security.removePasskeyTitle", { name: removing.name })}
          text={t(security.passkeys > 1 || security.totp ? "security.removePasskeyText" : "security.removeLastText")}
          submitLabel={t("security.remove")}
          isDanger
          onClose={() => setRemoving(null)}
          onConfirm={async (confirmation) => {
            await removePasskey({ path: { passkey_id: removing.id }, body: confirmation, throwOnError: true });
            await refresh();
          }}
        />
      )}
    </Card>
  );
}

interface RenameProps {
  item: PasskeyItem;
  onClose: () => void;
  onDone: () => Promise<void>;
}

function RenameDialog({ item, onClose, onDone }: RenameProps) {
  const { t } = useTranslation("accounts");
  const [problem, setProblem] = useState<unknown>(null);
  const save = async (values: FormData): Promise<void> => {
    try {
      await renamePasskey({
        path: { passkey_id: item.id },
        body: { name: textOf(values, "name").trim() },
        throwOnError: true,
      });
      onClose();
      await onDone();
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <Dialog title={t("security.renameNamed", { name: item.name })} size="sm" isOpen onOpenChange={onClose}>
      <Form onSubmit={save} autoComplete="off">
        <Refusal problem={problem} />
        <TextField
          name="name"
          label={t("setUp.passkeyName")}
          defaultValue={item.name}
          maxLength={100}
          autoFocus
          isRequired
        />
        <FormActions>
          <Button type="submit" variant="primary">
            {t("profile.save")}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
