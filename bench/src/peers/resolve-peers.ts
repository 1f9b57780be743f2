import { registerHooks } from 'node:module'

// Loaded by `--import`, before anything else. PEERS_OPENTELEMETRY selects the OpenTelemetry of the process: 3 is the bench's, 2 that of
// bench/peers. Every importer, ours or theirs, gets that one, as in an application that has it installed once

const bench = new URL('../../package.json', import.meta.url).href
const peers = new URL('../../peers/package.json', import.meta.url).href
const peersModules = new URL('node_modules/', peers).href
const version = process.env['PEERS_OPENTELEMETRY'] ?? '3'

/** The packages that a set-up of OpenTelemetry for spans and metrics consists of. */
const openTelemetry = /^@opentelemetry\/(api|sdk-trace|sdk-metrics|context-async-hooks)$/

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('peer:')) return next(specifier.slice('peer:'.length), { ...context, parentURL: peers })
    const isTheirs = context.parentURL?.startsWith(peersModules) ?? false
    if (version === '2' && !isTheirs && openTelemetry.test(specifier)) return next(specifier, { ...context, parentURL: peers })
    if (version === '3' && isTheirs && specifier === '@opentelemetry/api')
      return next(specifier, { ...context, parentURL: bench })
    return next(specifier, context)
  },
})
