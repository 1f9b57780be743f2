import { defineConfig } from 'tsdown'

/** They patch `require` and `import` of the whole process, which no source here needs. */
const loaders = /^(import|require)-in-the-middle$/

/** The import of the base class. Version 1.9 of the API, which OpenTelemetry SDK 2 uses, has no `logs`. */
const ofBaseClass = 'import { diag, logs, metrics, trace } from "@opentelemetry/api";'
const ofAnyApi = `
import { diag, metrics, trace } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
const logs = Reflect.get(api, "logs") ?? { getLogger: () => undefined };
`

/** The same for the types of the base class, which a consumer without `skipLibCheck` compiles. */
const typesOfLogs = 'type Logger = object;\ntype LoggerProvider = object;\n'

function forAnyApi(types: string): string {
  const found = /^import \{ (.*) \} from "@opentelemetry\/api";$/m.exec(types)
  const names = found?.[1]?.split(', ') ?? []
  const others = names.filter((name) => name !== 'Logger' && name !== 'LoggerProvider')
  if (!found || names.length - others.length !== 2)
    throw new Error('the types no longer have the import that version 1.9 of the API cannot resolve')
  return types.replace(found[0], `import { ${others.join(', ')} } from "@opentelemetry/api";\n${typesOfLogs}`)
}

export default defineConfig({
  entry: ['src/index.ts'],
  platform: 'node',
  deps: { alwaysBundle: ['@opentelemetry/instrumentation'], onlyBundle: ['@opentelemetry/instrumentation'] },
  plugins: [
    {
      name: 'without-loaders',
      resolveId: (id) => (loaders.test(id) ? `\0${id}` : undefined),
      load: (id) => (id.startsWith('\0') && loaders.test(id.slice(1)) ? 'export class Hook {}' : undefined),
    },
    {
      name: 'any-api',
      transform(code, id) {
        if (!/@opentelemetry[\\/]instrumentation[\\/]dist[\\/]instrumentation\.mjs$/.test(id)) return undefined
        if (!code.includes(ofBaseClass))
          throw new Error(`${id} no longer has the import that version 1.9 of the API cannot resolve`)
        return code.replace(ofBaseClass, ofAnyApi)
      },
      generateBundle(_, bundle) {
        for (const file of Object.values(bundle))
          if (file.type === 'chunk' && file.fileName === 'index.d.mts') file.code = forAnyApi(file.code)
      },
    },
  ],
  banner: { js: '/*! Contains parts of @opentelemetry/instrumentation, Copyright The OpenTelemetry Authors, Apache-2.0 */' },
  dts: true,
  sourcemap: true,
  publint: { strict: true },
  attw: { profile: 'esm-only', level: 'error' },
})
