// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import locales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const OUT = new URL("../src/csms/api/assets/app", import.meta.url).pathname;
const API = process.env.CSMS_URL ?? "http://localhost:8080";
const COMPRESSED = /\.(?:js|mjs|css|html|json|svg|webmanifest)$/;

/** Beside every text a .br and a .gz: compressed once here instead of at each request. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
        if (!COMPRESSED.test(name)) continue;
        const path = join(OUT, name);
        const raw = readFileSync(path);
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length };
        writeFileSync(`${path}.br`, brotliCompressSync(raw, { params }));
        writeFileSync(`${path}.gz`, gzipSync(raw, { level: 9 }));
      }
    },
  };
}

/** React Aria speaks some thirty languages; of these the app has texts. */
const LOCALES = ["en-US", "de-DE", "fr-FR", "es-ES", "nl-NL", "ar-AE"];

/** What every screen needs is three files that change at different paces; what one screen needs stays with it. */
const GROUPS = [
  { name: "react", test: /node_modules\/(?:react|react-dom|scheduler)\// },
  {
    name: "vendor",
    test: /node_modules\/(?:@tanstack\/(?:react-router|router-core|history|store|react-store|react-query|query-core)|i18next|react-i18next|zustand|use-sync-external-store)\b/,
  },
  // otherwise thirty of a few hundred bytes: more requests, and worse to compress
  { name: "addresses", test: /src\/(?:features\/\w+\/(?:search|filters)|lib\/(?:search|navigation))\.ts$/ },
];

export default defineConfig({
  plugins: [locales.vite({ locales: LOCALES }), react(), precompress()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: true,
    assetsDir: "static",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { output: { codeSplitting: { groups: GROUPS } } },
  },
  worker: { format: "es" },
  server: { host: "127.0.0.1", proxy: { "/api": { target: API, changeOrigin: false }, "/files": API } },
});
