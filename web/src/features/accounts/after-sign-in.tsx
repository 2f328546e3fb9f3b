// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What may be left to do before somebody is in: another password, a second factor to set up, or to show. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { getMySecurityOptions } from "@/api/@tanstack/react-query.gen";
import { askOwnPasskey, changePassword, showSecondFactor } from "@/api/sdk.gen";
import type { Me, ShownFactor } from "@/api/types.gen";

import { NewPassword } from "./new-password";
import { SecondFactor, type Method } from "./second-factor";
import { ChooseFactor } from "./set-up-factor";

export type Hurdle = "password" | "missing" | "unshown";

/** What is asked of somebody first; null: they are in. */
export function hurdleOf(me: Me): Hurdle | null {
  if (me.must_change_password) return "password";
  const state = me.second_factor?.state ?? "fine";
  return state === "fine" ? null : state;
}

export interface HurdlesProps {
  me: Me;
  hurdle: Hurdle;
  /** The password, where it was typed on this page. */
  password: string | null;
  /** Called with the new password, where there is one. */
  onDone: (password?: string) => Promise<void>;
}

export function Hurdles({ me, hurdle, password, onDone }: HurdlesProps) {
  const { t } = useTranslation("accounts");
  const [known] = useState(password);
  if (hurdle === "password") {
    const save = async (chosen: string, current: string): Promise<void> => {
      await changePassword({ body: { current_password: known ?? current, new_password: chosen }, throwOnError: true });
      await onDone(chosen);
    };
    return (
      <NewPassword
        username={me.username}
        asksCurrent={known === null}
        submitLabel={t("mustChange.submit")}
        save={save}
      />
    );
  }
  if (hurdle === "missing")
    return <ChooseFactor confirmation={password === null ? undefined : { password }} onDone={() => void onDone()} />;
  return <ShowFactor onDone={onDone} />;
}

function ShowFactor({ onDone }: { onDone: () => Promise<void> }) {
  const security = useQuery(getMySecurityOptions()).data;
  if (!security) return null;
  const methods: Method[] = [
    ...(security.passkeys ? (["passkey"] as const) : []),
    ...(security.totp ? (["totp"] as const) : []),
    ...(security.recovery_codes ? (["recovery_code"] as const) : []),
  ];
  const show = async (factor: ShownFactor): Promise<void> => {
    await showSecondFactor({ body: factor, throwOnError: true });
    await onDone();
  };
  return (
    <SecondFactor
      methods={methods}
      askPasskey={async () => (await askOwnPasskey({ throwOnError: true })).data}
      show={show}
    />
  );
}
