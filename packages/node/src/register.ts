import { isOldNode, oldNode } from './node-version.ts'

/**
 * `node --import @swarmwatch/node/register app.js`: starts telemetry from the environment and the
 * configuration file, before the application.
 */
try {
  if (!isTool(process.argv[1])) {
    if (isOldNode(process.versions.node)) throw new Error(oldNode(process.versions.node))
    // Only now: an old Node would end with a syntax error
    const { registerTelemetry } = await import('./register-telemetry.ts')
    await registerTelemetry()
  }
} catch (error) {
  const isStrict = /^(1|true|yes|on)$/i.test(process.env['SWARMWATCH_STRICT'] ?? '')
  console.error(`[TELEMETRY] ${error instanceof Error ? error.message : String(error)}`)
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
