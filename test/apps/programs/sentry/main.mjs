import * as Sentry from '@sentry/node'
import { startTelemetry } from '@swarmwatch/node'

import { greet } from './greeter.mjs'

const [first, openTelemetrySetup] = process.argv.slice(2)
let telemetry
const start = {
  sentry: () =>
    Sentry.init({ dsn: process.env.SENTRY_DSN, tracesSampleRate: 1, enableOpenTelemetrySetup: openTelemetrySetup === 'own' }),
  swarmwatch: async () => (telemetry = await startTelemetry({ serviceName: 'sentry' })),
}
for (const name of first === 'sentry' ? ['sentry', 'swarmwatch'] : ['swarmwatch', 'sentry']) await start[name]()

console.log(await greet('Ada'))
Sentry.captureException(new Error('for Sentry alone'))
await Sentry.flush(10_000)
await telemetry.shutdown()
await Sentry.close(10_000)
