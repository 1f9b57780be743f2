import { ConfigurationError } from '@swarmwatch/config'

import { effectiveSettings } from './commands/effective-settings.ts'
import { printDoctor } from './doctor/run-doctor.ts'
import { runEvent } from './event/run-event.ts'
import { readSettings } from './read-settings.ts'

const usage = `Usage: swarmwatch config | doctor | event
  config   prints the settings in force and where each came from, secrets masked; exits 2 when they cannot be used
  doctor   looks for what commonly keeps telemetry, recovery or alerts from working; exits 1 when something is wrong
  event    tells the alert bridge of a notable event or a deployment: swarmwatch event --title TEXT [--deployment VERSION]`

const [command, ...rest] = process.argv.slice(2)
if (command === 'config' && rest.length === 0) printSettings()
else if (command === 'doctor' && rest.length === 0) process.exitCode = await printDoctor()
else if (command === 'event') process.exitCode = await runEvent(rest)
else if (command === '--help' || command === '-h' || command === 'help') console.log(usage)
else {
  console.error(command === undefined ? usage : `swarmwatch: there is no "${[command, ...rest].join(' ')}"\n${usage}`)
  process.exitCode = 2
}

function printSettings(): void {
  try {
    console.log(effectiveSettings(readSettings({}, process.env)))
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    console.error(error.message)
    process.exitCode = 2
  }
}
