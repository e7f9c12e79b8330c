// Bundles of undici only what one HTTP/1.1 request takes (docs/decisions/023, 041). The
// sources import undici as its documentation says; here, at bundling, its one module that loads everything is replaced by the two files
// that `request` is made of. What it would load and never run is left out, and of Node's own modules it gets what it needs and no more.
// Files that move fail the build or the bundle's budget; test/scripts/lean-undici.long.test.ts holds what is left against the whole.
import type { Plugin } from 'esbuild'

/** What index.js makes of api-request.js, for the form that our sources use, and the agent that it sends by. */
const request = `
import Agent from 'undici/lib/dispatcher/agent.js'
import send from 'undici/lib/api/api-request.js'
const agent = new Agent({ allowH2: false })
export { Agent }
export const request = (url, { dispatcher = agent, ...options }) => {
  const { origin, pathname, search } = url instanceof URL ? url : new URL(url)
  return send.call(dispatcher, { ...options, origin, path: pathname + search, method: options.method ?? (options.body ? 'PUT' : 'GET') })
}
`

/** Files that a request with a text for a body never runs, and what stands in their place. */
const left: readonly (readonly [path: RegExp, instead: string])[] = [
  // Set to speak HTTP/1.1; and it goes on without where Node has no HTTP/2.
  [/\/undici\/lib\/dispatcher\/client-h2\.js$/, "module.exports = () => { throw new Error('HTTP/2 is not bundled') }"],
  // Bodies of the web's own kinds: forms, blobs, streams.
  [/\/undici\/lib\/web\//, "throw new Error('fetch is not bundled')"],
  // The parser for machines without SIMD, of which Lambda has none.
  [/\/undici\/lib\/llhttp\/llhttp-wasm\.js$/, "throw new Error('The parser without SIMD is not bundled')"],
]

/** Node's modules that cost more than the one thing undici wants of them. */
const builtins: Readonly<Record<string, string>> = {
  'node:assert':
    "module.exports = (holds, message) => { if (!holds) throw message instanceof Error ? message : new Error(message ?? 'an assertion of undici does not hold') }",
  'node:http': 'module.exports = { maxHeaderSize: 16384, IncomingMessage: class IncomingMessage {} }',
}

const INSIDE = /\/node_modules\/undici\//

/** The first half: undici's files for one request, with all that they would load. On its own for the bench, which distinguishes them. */
export const requestAlone: Plugin = {
  name: 'request-alone',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^undici$/ }, ({ resolveDir }) => ({
      path: 'undici',
      namespace: 'lean-undici',
      pluginData: resolveDir,
      sideEffects: false,
    }))
    onLoad({ filter: /.*/, namespace: 'lean-undici' }, ({ pluginData: resolveDir }) => ({
      contents: request,
      resolveDir: String(resolveDir),
    }))
  },
}

export const leanUndici: Plugin = {
  name: 'lean-undici',
  setup: (build) => {
    const { onResolve, onLoad, initialOptions } = build
    void requestAlone.setup(build)
    // What undici asks for to find itself in a bundle: it then leaves out the parser that it does not use by default.
    initialOptions.define = { ...initialOptions.define, esbuildDetection: 'true' }
    // One character that is not ASCII makes V8 keep the whole source in two bytes a character.
    initialOptions.charset = 'ascii'
    for (const [filter, contents] of left) onLoad({ filter }, () => ({ contents }))
    // An import of a builtin reads each of its exports, and loads what some of them stand for; this reads none.
    onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const instead = INSIDE.test(importer) ? builtins[path] : undefined
      const name = instead === undefined ? path : `${path} of undici`
      return { path: name, namespace: 'builtin', sideEffects: false, pluginData: instead }
    })
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path, pluginData: instead }) => ({
      contents:
        typeof instead === 'string' ? instead : `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}
