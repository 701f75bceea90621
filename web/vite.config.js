// Builds the islands into dist/, where the portal finds them by the manifest.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/static/",
  publicDir: false,
  server: { fs: { allow: [".."] } },
  build: {
    target: "es2022",
    manifest: "manifest.json",
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: { input: "src/main.ts" },
  },
});
