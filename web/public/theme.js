// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// Before the first paint, so that nothing flashes: theme, density, language, direction and the brand's colours as they
// were last shown here.
(() => {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("csms.appearance") ?? "{}");
    const { css } = JSON.parse(localStorage.getItem("csms.brand") ?? "{}");
    if (css) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [sheet];
    }
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
