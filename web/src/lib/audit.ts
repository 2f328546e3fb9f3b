// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was done to what, as the audit log names it, in words: wherever something of it is shown. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

/** Words that mean something else in another part of csms. */
const THINGS: Readonly<Record<string, string>> = {
  "account:provider": "identity_provider",
  "account:session": "sign_in",
  "alert:rule": "alert_rule",
  "charger:group": "charger_group",
  "charger:secret": "charger_secret",
  "charging:profile": "charging_profile",
  "dashboard:default": "dashboard_default",
  "firmware:image": "firmware",
  "notification:channel": "notification_channel",
  "notification:template": "notification_template",
  "system:flag": "feature_flag",
  "system:secrets": "secret_key",
  "system:settings": "setting",
  "token:group": "token_group",
  "webhook:secret": "webhook_secret",
};

/** An action is `source:thing:verb`. */
export function partsOf(action: string): { thing: string; verb: string } {
  const [source = "", thing = "", verb = ""] = action.split(":");
  // a text whose name ended with _many would be taken for a plural
  return { thing: THINGS[`${source}:${thing}`] ?? thing, verb: verb.replace("update_many", "mass_update") };
}

export function useAuditWords() {
  const { t } = useTranslation("audit");
  const thing = useCallback((name: string) => t(`things.${name}`, { defaultValue: name }), [t]);
  const action = useCallback(
    (full: string) => {
      const parts = partsOf(full);
      if (!parts.verb) return full;
      return t("action", {
        thing: thing(parts.thing),
        verb: t(`verbs.${parts.verb}`, { defaultValue: parts.verb.replaceAll("_", " ") }),
      });
    },
    [t, thing],
  );
  const actor = useCallback((kind: string) => t(`actors.${kind}`, { defaultValue: kind }), [t]);
  return { thing, action, actor };
}
