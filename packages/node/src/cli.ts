import { ConfigurationError } from '@swarmwatch/config'
import { effectiveSettings } from './commands/effective-settings.ts'
import { readSettings } from './read-settings.ts'

const usage = `Usage: swarmwatch config
  config   prints the settings in force and where each came from, secrets masked; exits 2 when they cannot be used`

const [command, ...rest] = process.argv.slice(2)
if (command === 'config' && rest.length === 0) printSettings()
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
