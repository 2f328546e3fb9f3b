// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// Before the first paint, so that nothing flashes: theme, density, language and direction as they were last chosen here.
(() => {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("csms.appearance") ?? "{}");
  } catch {
    // storage that is shut off or spoilt: the defaults hold
  }
  const root = document.documentElement;
  const dark = kept.theme === "dark" || (kept.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.density = kept.density === "compact" ? "compact" : "comfortable";
  if (typeof kept.language === "string") {
    root.lang = kept.language;
    root.dir = kept.language === "ar" ? "rtl" : "ltr";
  }
})();
