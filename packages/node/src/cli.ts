import { asJson, commandLine } from '@swarmwatch/config/command-line'

import { printDoctor } from './doctor/run-doctor.ts'
import { effectiveSettings, settingsAsJson } from './effective-settings.ts'
import { addEventCommand } from './event-command.ts'
import { readSettings } from './read-settings.ts'

const line = commandLine({
  name: 'swarmwatch',
  usage: 'config | doctor | event',
  about:
    'Shows the settings of an application with Swarmwatch, finds what is wrong with its set-up, and sends events to the alert bridge.',
  packageFile: new URL('../package.json', import.meta.url),
})

line.program
  .command('config')
  .description('print the settings in force and where each came from, secrets masked; exits 2 when they cannot be used')
  .option('--json', 'print them as JSON')
  .action(
    line.action(({ json }: { json?: true }) => {
      const settings = readSettings({}, process.env)
      console.log(json ? asJson(settingsAsJson(settings)) : effectiveSettings(settings))
      return 0
    }),
  )

line.program
  .command('doctor')
  .description('look for what commonly keeps telemetry, recovery or alerts from working; exits 1 when something is wrong')
  .option('--json', 'print the findings as JSON')
  .action(line.action(({ json }: { json?: true }) => printDoctor({ json: json === true })))

addEventCommand(line)

process.exitCode = await line.run(process.argv.slice(2))
