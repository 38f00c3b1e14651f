import { createHash } from "node:crypto"
import { createReadStream, readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { defaultClientConditions, defineConfig, type Plugin } from "vite"
import { page } from "./vite/page.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const python = (path: string) => here(`../src/ferlite/${path}`)

/** The files that Python uses, too. */
const MODELS: Record<string, string> = {
  appearance: python("faces/appearance.npz"),
  blazeface: python("faces/weights/blazeface.onnx"),
  pnet: python("faces/weights/pnet.onnx"),
  ferlite_m: python("classify/weights/ferlite_m.onnx"),
  ferlite_s: python("classify/weights/ferlite_s.onnx"),
  ferlite_s_int8: python("classify/weights/ferlite_s_int8.onnx"),
  ferlite_xs_int8: python("classify/weights/ferlite_xs_int8.onnx"),
}

/** Copies the model files into `models/`, and their licences; and tells the library what is in them. */
function models(): Plugin {
  const known = Object.entries(MODELS).map(([name, path]) => {
    const source = readFileSync(path)
    const sha256 = createHash("sha256").update(source).digest("hex")
    return { name, path, source, file: basename(path), bytes: source.length, sha256 }
  })
  return {
    name: "models",
    resolveId: (id) => (id === "virtual:models" ? `\0${id}` : null),
    load(id) {
      if (id !== "\0virtual:models") return null
      const told = known.map(({ name, file, bytes, sha256 }) => [name, { file, bytes, sha256 }])
      return `export default ${JSON.stringify(Object.fromEntries(told))}`
    },
    generateBundle() {
      if (this.environment.config.isWorker) return
      for (const { file, source } of known)
        this.emitFile({ type: "asset", fileName: `models/${file}`, source })
      const licenses = ["../NOTICE", "licenses.txt", "../LICENSE"].map((path) =>
        readFileSync(here(path), "utf8"),
      )
      this.emitFile({ type: "asset", fileName: "licenses.txt", source: licenses.join("\n\n") })
    },
    configureServer: ({ middlewares }) => {
      middlewares.use("/models/", (request, response, next) => {
        const asked = known.find(({ file }) => request.url?.startsWith(`/${file}?`))
        if (asked) createReadStream(asked.path).pipe(response)
        else next()
      })
    },
  }
}

/** Builds the demo page and, beside it, the library as an ES module. */
export default defineConfig({
  base: "./",
  plugins: [models(), page()],
  // ONNX Runtime's loader stays a file of its own, which its threads begin with.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
  build: {
    target: "es2022",
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
  worker: {
    format: "es",
    plugins: () => [models()],
    rolldownOptions: {
      output: {
        // What only WebGPU needs is the worker's one other chunk, and the runtime that it names.
        chunkFileNames: "webgpu/[name]-[hash].js",
        assetFileNames: ({ names }) =>
          `${names[0]?.includes("asyncify") ? "webgpu" : "assets"}/[name]-[hash][extname]`,
      },
    },
  },
})
