import { isMainThread } from 'node:worker_threads'

import { ConfigurationError } from '@swarmwatch/config'

import { startOnce } from './start-telemetry.ts'

/**
 * `node --import @swarmwatch/node/register app.js`: starts telemetry from the environment and the
 * configuration file, before the application.
 */
try {
  // Worker threads run this file too; ports and alerts belong to the main thread
  const options = isMainThread
    ? {}
    : ({ metrics: { port: false }, monitor: { port: false }, alerts: { inProcess: 'off' } } as const)
  if (!isTool(process.argv[1])) await startOnce(options, { handleSignals: true })
} catch (error) {
  const isStrict = /^(1|true|yes|on)$/i.test(process.env['SWARMWATCH_STRICT'] ?? '')
  const report = error instanceof ConfigurationError ? error.message : `telemetry could not start: ${String(error)}`
  console.error(`[TELEMETRY] ${report}`)
  console.error(`[TELEMETRY] ${isStrict ? 'SWARMWATCH_STRICT is set: the program ends' : 'the program runs without telemetry'}`)
  if (isStrict) process.exit(2)
}

/**
 * Whether the program is a package manager or one of our own programs, which NODE_OPTIONS reaches
 * too. They would take the ports of the application that they start or inspect.
 */
function isTool(program = ''): boolean {
  const [name = ''] = program.split(/[\\/]/).slice(-1)
  const isOwn = /[\\/]node[\\/](?:src|dist)[\\/]cli\.(?:ts|mjs)$/.test(program)
  return isOwn || /^(?:(?:npm|npx)(?:-cli)?|pnpm|pnpx|yarn|yarnpkg|corepack|swarmwatch|alert-bridge)(?:\.[cm]?js)?$/.test(name)
}
