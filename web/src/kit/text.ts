// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The texts of the kit itself: what its parts say without being told. */
import { useTranslation } from "react-i18next";

export function useKitText() {
  return useTranslation("kit").t;
}
