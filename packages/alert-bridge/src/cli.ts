import { setFlagsFromString } from 'node:v8'

import { ConfigurationError } from '@swarmwatch/config'

import { backup } from './commands/backup.ts'
import { check } from './commands/check.ts'
import { drill } from './commands/drill.ts'
import { replay } from './commands/replay.ts'
import { serve } from './commands/serve.ts'
import { openChannels } from './routing/open-channels.ts'
import { readSettings } from './settings.ts'

const usage = `Usage: alert-bridge <command>
  serve              takes alerts by HTTP and tells people; ends with SIGTERM
  drill              sends a test message through every channel and prints how long each took
  replay [ID...]     has dead deliveries tried again and quarantined bodies read again: these, or all
  check [FILE]       says what is wrong with the settings, and with an alertmanager.yml
  backup FILE        copies the store, also while the bridge runs
Settings: BRIDGE_TOKEN (or BRIDGE_TOKEN_FILE), BRIDGE_PORT, BRIDGE_HOST, BRIDGE_DATA_DIR, BRIDGE_WATCHDOG_SECONDS,
BRIDGE_INBOX_LIMIT, HEARTBEAT_URL, ALERT_*, SWARMWATCH_CONFIG. Exit codes: 0 done, 1 failed, 2 the settings or the command cannot be used.`

const [command = '', ...rest] = process.argv.slice(2)
const write = (line: string): void => console.log(line)
const env = process.env

const commands: Readonly<Record<string, () => number | Promise<number>>> = {
  serve: () => {
    // otherwise V8 lets its heap grow to twice that in a burst of alerts, and keeps it
    for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=25']) setFlagsFromString(flag)
    return serve(readSettings({ env }))
  },
  drill: () => drill({ channels: openChannels(readSettings({ env, needsToken: false }).channels), write }),
  replay: () => replay({ ids: rest, settings: readSettings({ env, needsToken: false }), write }),
  check: () => check({ settings: readSettings({ env }), alertmanagerFile: rest[0], write }),
  backup: () => backup({ dataDir: readSettings({ env, needsToken: false }).dataDir, file: rest[0] ?? '', write }),
}
const mostArguments: Readonly<Record<string, number>> = { serve: 0, drill: 0, check: 1, backup: 1 }

async function run(): Promise<number> {
  if (['--help', '-h', 'help'].includes(command)) {
    write(usage)
    return 0
  }
  const isWrong =
    rest.length > (mostArguments[command] ?? Number.POSITIVE_INFINITY) || (command === 'backup' && rest.length === 0)
  const action = Object.hasOwn(commands, command) && !isWrong ? commands[command] : undefined
  if (action === undefined) {
    console.error(command === '' ? usage : `alert-bridge: there is no "${[command, ...rest].join(' ')}"\n${usage}`)
    return 2
  }
  try {
    return await action()
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return error instanceof ConfigurationError ? 2 : 1
  }
}

process.exitCode = await run()
