import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"
import { page } from "./vite/page.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Builds the demo page and, beside it, the library as an ES module. */
export default defineConfig({
  base: "./",
  plugins: [page()],
  publicDir: "public",
  build: {
    target: "es2022",
    outDir: "dist",
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { page: here("index.html"), "ferlite-web": here("src/index.ts") },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: (chunk) =>
          chunk.name === "ferlite-web" ? "ferlite-web.js" : "assets/[name]-[hash].js",
      },
    },
  },
  worker: { format: "es" },
})
