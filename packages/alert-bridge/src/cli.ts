import { setFlagsFromString } from 'node:v8'

import { commandLine } from '@swarmwatch/config/command-line'

import { openChannels } from './channels/open-channels.ts'
import { proxiedFetch } from './channels/proxy.ts'
import { check } from './commands/check.ts'
import { backup, replay } from './commands/data-folder.ts'
import { drill } from './commands/drill.ts'
import { drillEscalation } from './commands/drill-escalation.ts'
import { move } from './commands/move.ts'
import { onCall } from './commands/on-call.ts'
import { serve } from './commands/serve.ts'
import { openCalendars } from './on-call/calendars.ts'
import { readBridgeSettings } from './settings.ts'
import { channelOptions } from './start-service.ts'

interface JsonOption {
  readonly json?: true
}

const env = process.env
const write = (line: string): void => console.log(line)

const line = commandLine({
  name: 'alert-bridge',
  usage: '<command>',
  about: 'Accepts alerts from Alertmanager and delivers each of them to its recipients, or reports that it could not.',
  packageFile: new URL('../package.json', import.meta.url),
})

line.program.addHelpText(
  'after',
  `
Settings: BRIDGE_TOKEN (or BRIDGE_TOKEN_FILE), BRIDGE_PORT, BRIDGE_HOST, BRIDGE_DATA_DIR or BRIDGE_DATABASE_URL,
BRIDGE_WATCHDOG_SECONDS, BRIDGE_INBOX_LIMIT, BRIDGE_WATCHED_PEERS, BRIDGE_HEARTBEAT_TOKEN, BRIDGE_HEARTBEAT_TARGETS, BRIDGE_PEER_INTERVAL_SECONDS, HEARTBEAT_URL,
BRIDGE_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY, ALERT_*, SWARMWATCH_CONFIG. Exit codes: 0 success, 1 failure, 2 invalid settings or command.`,
)

line.program
  .command('serve')
  .description('receive alerts over HTTP and notify the recipients; stops on SIGTERM')
  .addHelpText('after', '\nExamples:\n  BRIDGE_TOKEN_FILE=token BRIDGE_DATA_DIR=data alert-bridge serve')
  .action(
    line.action(() => {
      // otherwise V8 lets its heap grow to twice that in a burst of alerts, and keeps it
      for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=25']) setFlagsFromString(flag)
      return serve(readBridgeSettings({ env }))
    }),
  )

line.program
  .command('drill')
  .description('send a test message through every channel and print how long each took; exits with 1 if a channel fails')
  .option('--escalation', 'send to the people of each step of alerts.escalation instead, without the waits')
  .addHelpText('after', '\nExamples:\n  alert-bridge drill\n  alert-bridge drill --json\n  alert-bridge drill --escalation')
  .option('--json', 'print the results as JSON')
  .action(
    line.action(({ json, escalation }: JsonOption & { readonly escalation?: true }) => {
      const settings = readBridgeSettings({ env, needsToken: false })
      const { notices, escalation: steps = [], rotations = [] } = settings
      const channels = openChannels(settings.channels, channelOptions(settings))
      if (escalation !== true) return drill({ channels, notices, write, json: json === true })
      const calendars = openCalendars({ now: Date.now, fetch: proxiedFetch(settings) })
      return drillEscalation({ channels, steps, rotations, calendars, write, json: json === true })
    }),
  )

line.program
  .command('oncall')
  .description('print who is on call now and next; exits with 1 if there is no rotation, or no one is on call')
  .addHelpText('after', '\nExamples:\n  alert-bridge oncall\n  alert-bridge oncall --json')
  .option('--json', 'print the result as JSON')
  .action(
    line.action(({ json }: JsonOption) => {
      const { rotations = [], ...settings } = readBridgeSettings({ env, needsToken: false })
      const calendars = openCalendars({ now: Date.now, fetch: proxiedFetch(settings) })
      return onCall({ rotations, calendars, write, json: json === true })
    }),
  )

line.program
  .command('replay')
  .description('retry dead deliveries and read quarantined bodies again; without ids, all of them')
  .addHelpText('after', '\nExamples:\n  alert-bridge replay\n  alert-bridge replay 17 18 --json')
  .argument('[ids...]', 'ids of deliveries and of quarantined bodies')
  .option('--json', 'print the results as JSON')
  .action(
    line.action((ids: readonly string[], { json }: JsonOption) =>
      replay({ ids, settings: readBridgeSettings({ env, needsToken: false }), write, json: json === true }),
    ),
  )

line.program
  .command('check')
  .description('report problems in the settings, the database and an alertmanager.yml; exits with 1 if there are any')
  .addHelpText('after', '\nExamples:\n  alert-bridge check\n  alert-bridge check alertmanager.yml --json')
  .argument('[file]', 'path of an alertmanager.yml')
  .option('--json', 'print the result as JSON')
  .action(
    line.action((alertmanagerFile: string | undefined, { json }: JsonOption) =>
      check({ settings: readBridgeSettings({ env }), alertmanagerFile, write, json: json === true }),
    ),
  )

line.program
  .command('backup')
  .description('copy the store to a new file; works while the bridge runs')
  .addHelpText('after', '\nExamples:\n  alert-bridge backup /backup/alerts.sqlite')
  .argument('<file>', 'path of the copy, which must not exist yet')
  .option('--json', 'print the result as JSON')
  .action(
    line.action((file: string, { json }: JsonOption) =>
      backup({ place: readBridgeSettings({ env, needsToken: false }), file, write, json: json === true }),
    ),
  )

line.program
  .command('move')
  .description('move the alerts of a data folder, whose bridge is stopped, to the database of BRIDGE_DATABASE_URL')
  .addHelpText('after', '\nExamples:\n  BRIDGE_DATABASE_URL=postgres://... alert-bridge move data')
  .argument('<folder>', 'the data folder')
  .option('--json', 'print the result as JSON')
  .action(
    line.action((folder: string, { json }: JsonOption) => {
      const { databaseUrl } = readBridgeSettings({ env, needsToken: false })
      return move({ folder, databaseUrl, write, json: json === true })
    }),
  )

try {
  process.exitCode = await line.run(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
