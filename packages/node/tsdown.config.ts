import { defineConfig } from 'tsdown'

/** Libraries that become part of this package: they depend on one that contains loaders, which nothing here needs. */
const inlined = [
  '@opentelemetry/instrumentation',
  '@opentelemetry/instrumentation-runtime-node',
  '@opentelemetry/instrumentation-undici',
  '@opentelemetry/semantic-conventions',
]
/** They patch `require` and `import` of the whole process, and their `require('module')` fails in an ES module bundle of a user. */
const loaders = /^(import|require)-in-the-middle$/

export default defineConfig({
  entry: ['src/index.ts', 'src/register.ts', 'src/cli.ts'],
  platform: 'node',
  deps: { alwaysBundle: inlined, onlyBundle: [...inlined, loaders] },
  plugins: [
    {
      name: 'without-loaders',
      resolveId: (id) => (loaders.test(id) ? `\0${id}` : undefined),
      load: (id) => (id.startsWith('\0') && loaders.test(id.slice(1)) ? 'export class Hook {}' : undefined),
    },
  ],
  banner: { js: '/*! Contains parts of @opentelemetry/instrumentation*, Copyright The OpenTelemetry Authors, Apache-2.0 */' },
  dts: true,
  sourcemap: true,
  publint: { strict: true },
  attw: { profile: 'esm-only', level: 'error' },
})
