// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Name, mail address, appearance; what others decide is shown beside it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MailCheck, MailWarning, Palette } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { getMySecurityOptions } from "@/api/@tanstack/react-query.gen";
import { askOwnVerification, changeMyEmail, updateMe, withdrawMyEmail } from "@/api/sdk.gen";
import type { Me } from "@/api/types.gen";
import { Badge, Banner, Button, Card, Form, FormActions, KeyValue, Loading, Skeleton, TextField, toast } from "@/kit";
import { LANGUAGES, useAppearance } from "@/lib/appearance";
import { useFormat } from "@/lib/format";
import { textOf } from "@/lib/forms";
import { meQuery, useMe } from "@/lib/me";
import { useOverlays } from "@/lib/overlays";

import { GuardedDialog } from "./confirmation";
import { useInstallation } from "./gate";
import styles from "./parts.module.css";
import { Refusal } from "./refusal";

export function ProfileTab() {
  const me = useMe();
  if (!me)
    return (
      <Loading>
        <Skeleton variant="block" height="12rem" />
      </Loading>
    );
  return (
    <>
      <Profile me={me} />
      <MailAddress me={me} />
      <AppearanceCard />
    </>
  );
}

function Profile({ me }: { me: Me }) {
  const { t } = useTranslation("accounts");
  const format = useFormat();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (name: string) => updateMe({ body: { display_name: name || null }, throwOnError: true }),
    onSuccess: async () => {
      await queries.fetchQuery({ ...meQuery, staleTime: 0 });
      toast({ tone: "success", title: t("profile.saved") });
    },
  });
  const role = me.role ? t(`roles.${me.role}`, { defaultValue: me.role }) : "";
  return (
    <Card title={t("profile.title")}>
      <KeyValue
        items={[
          { label: t("profile.username"), value: me.username },
          { label: t("profile.role"), value: role },
          { label: t("profile.organization"), value: me.organization.name },
          { label: t("profile.zone"), value: me.organization.time_zone },
          { label: t("profile.lastLogin"), value: me.last_login_at ? format.dateTime(me.last_login_at) : "" },
        ]}
      />
      <Form onSubmit={(values) => save.mutate(textOf(values, "name").trim())} problem={save.error}>
        <TextField
          name="name"
          label={t("profile.name")}
          description={t("profile.nameText")}
          autoComplete="name"
          maxLength={150}
          defaultValue={me.display_name ?? ""}
        />
        <FormActions>
          <Button type="submit" variant="primary" isPending={save.isPending}>
            {t("profile.save")}
          </Button>
        </FormActions>
      </Form>
    </Card>
  );
}

function MailAddress({ me }: { me: Me }) {
  const { t } = useTranslation("accounts");
  const queries = useQueryClient();
  const mails = useInstallation()?.mails ?? false;
  const pending = useQuery(getMySecurityOptions()).data?.pending_email;
  const [isChanging, setChanging] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: getMySecurityOptions().queryKey });
  const verify = useMutation({
    mutationFn: () => askOwnVerification({ throwOnError: true }),
    onSuccess: () => toast({ tone: "success", title: t("mail.verifySent", { email: me.email }) }),
  });
  const withdraw = useMutation({ mutationFn: () => withdrawMyEmail({ throwOnError: true }), onSuccess: refresh });
  const isVerified = me.email_verified_at !== null;
  return (
    <Card
      title={t("mail.title")}
      description={t("mail.description")}
      actions={mails && <Button onPress={() => setChanging(true)}>{t(me.email ? "mail.change" : "mail.add")}</Button>}
    >
      <Refusal problem={verify.error ?? withdraw.error} />
      <p className={styles.itemTitle}>
        <span dir="ltr">{me.email ?? t("mail.none")}</span>
        {me.email && (
          <Badge
            tone={isVerified ? "success" : "warning"}
            icon={isVerified ? <MailCheck aria-hidden /> : <MailWarning aria-hidden />}
          >
            {t(isVerified ? "mail.verified" : "mail.unverified")}
          </Badge>
        )}
      </p>
      {me.email && !isVerified && mails && (
        <div className={styles.row}>
          <Button isPending={verify.isPending} isDisabled={verify.isSuccess} onPress={() => verify.mutate()}>
            {t("mail.verify")}
          </Button>
        </div>
      )}
      {!mails && <p className={styles.small}>{t("mail.noMails")}</p>}
      {pending && (
        <Banner
          tone="info"
          live="off"
          title={t("mail.pending", { email: pending })}
          action={
            <Button size="sm" isPending={withdraw.isPending} onPress={() => withdraw.mutate()}>
              {t("mail.withdraw")}
            </Button>
          }
        >
          {t("mail.pendingText")}
        </Banner>
      )}
      {isChanging && (
        <GuardedDialog
          title={t("mail.changeTitle")}
          text={t("mail.changeText")}
          submitLabel={t("mail.send")}
          onClose={() => setChanging(false)}
          onConfirm={async (confirmation, values) => {
            await changeMyEmail({
              body: { ...confirmation, email: textOf(values, "email").trim() },
              throwOnError: true,
            });
            await refresh();
          }}
        >
          <TextField
            name="email"
            type="email"
            label={t("mail.new")}
            autoComplete="email"
            maxLength={254}
            autoFocus
            isRequired
          />
        </GuardedDialog>
      )}
    </Card>
  );
}

function AppearanceCard() {
  const { t } = useTranslation("accounts");
  const { t: common } = useTranslation();
  const open = useOverlays((state) => state.open);
  const { language, theme, density } = useAppearance();
  return (
    <Card
      title={common("appearance.title")}
      description={t("profile.appearanceText")}
      actions={
        <Button icon={<Palette aria-hidden />} onPress={() => open("appearance")}>
          {t("profile.change")}
        </Button>
      }
    >
      <KeyValue
        items={[
          { label: common("appearance.language"), value: LANGUAGES[language] },
          { label: common("appearance.theme"), value: common(`appearance.themes.${theme}`) },
          { label: common("appearance.density"), value: common(`appearance.densities.${density}`) },
        ]}
      />
    </Card>
  );
}
