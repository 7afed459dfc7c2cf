import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds a running server; its certificate is its own.
const server = process.env.SEKISHO_DEV_SERVER ?? "https://127.0.0.1:8443";

export default defineConfig({
  plugins: [
    tanstackRouter({ target: "react", autoCodeSplitting: true, quoteStyle: "double" }),
    react(),
    blockingScript("src/theme.boot.js"),
  ],
  build: {
    // No data: scripts or styles, so that the content security policy stays small.
    assetsInlineLimit: 0,
    // `dist` itself stays: cargo watches it.
    outDir: "dist/web",
    emptyOutDir: true,
    target: "es2022",
    manifest: true,
    chunkSizeWarningLimit: 700,
    // Else each route would name every chunk it needs, those that are there among them:
    // 1 kB a route in the first load. A route's chunk names them itself.
    modulePreload: {
      resolveDependencies: (_, chunks, { hostType }) =>
        hostType === "html" ? chunks : chunks.filter((chunk) => chunk.endsWith(".css")),
    },
  },
  server: {
    proxy: { "/api": { target: server, secure: false, changeOrigin: true } },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test/setup.ts"],
    css: false,
    restoreMocks: true,
    // On a machine that does much else at once.
    testTimeout: 30_000,
  },
});

/**
 * Puts a script into the head that runs before the first paint: a file with a
 * hash in its name, because the policy allows no inline script.
 */
function blockingScript(file: string): Plugin {
  let dev = false;
  const source = () => readFileSync(new URL(file, import.meta.url), "utf8");
  return {
    name: "blocking-script",
    configResolved(config) {
      dev = config.command === "serve";
    },
    transformIndexHtml() {
      const hash = createHash("sha256").update(source()).digest("hex").slice(0, 8);
      const src = dev ? `/${file}` : `/assets/theme-${hash}.js`;
      return [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }];
    },
    generateBundle() {
      const hash = createHash("sha256").update(source()).digest("hex").slice(0, 8);
      this.emitFile({ type: "asset", fileName: `assets/theme-${hash}.js`, source: source() });
    },
  };
}
