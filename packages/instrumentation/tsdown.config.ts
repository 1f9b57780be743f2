import { defineConfig } from 'tsdown'

/** They patch `require` and `import` of the whole process, which no source here needs. */
const loaders = /^(import|require)-in-the-middle$/

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
  ],
  banner: { js: '/*! Contains parts of @opentelemetry/instrumentation, Copyright The OpenTelemetry Authors, Apache-2.0 */' },
  dts: true,
  publint: { strict: true },
  attw: { profile: 'esm-only', level: 'error' },
})
