import { commandLine, type ExitCode } from '@swarmwatch/config/command-line'
import { ConfigurationError } from '@swarmwatch/node'

import { onStopSignal } from '../on-stop-signal.ts'
import { parseDemoSettings } from './demo-settings.ts'
import { runDemo } from './run-demo.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const printError = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<ExitCode> {
  const parsed = parseDemoSettings(process.env)
  if (!parsed.ok) {
    for (const problem of parsed.problems) printError(problem)
    return 2
  }
  const stop = new AbortController()
  const { seconds } = parsed.settings
  const timer = seconds === undefined ? undefined : setTimeout(() => stop.abort(), seconds * 1000)
  onStopSignal(() => stop.abort())
  try {
    await runDemo(parsed.settings, stop.signal, print)
    return 0
  } catch (error) {
    if (error instanceof ConfigurationError) {
      printError(error.message)
      return 2
    }
    // Only class and code: the message may hold a secret or a prompt
    const { name, code } = error as NodeJS.ErrnoException
    printError(`The demo could not start: ${name}${code === undefined ? '' : ` (${code})`}`)
    return 1
  } finally {
    clearTimeout(timer)
  }
}

// The AI SDK prints hints on the console; they do not belong in the output of the demo
globalThis.AI_SDK_LOG_WARNINGS = false
// `demo | head` closes the pipe, and nothing reads the output any more
process.stdout.on('error', () => process.exit(0))
const line = commandLine({
  name: 'demo',
  usage: '[options]',
  about: 'Runs three agents until you stop it. They fail and recover; a status page and an alert show it.',
  packageFile: new URL('../../package.json', import.meta.url),
  print,
  printError,
})
line.program.addHelpText(
  'after',
  `
Settings: DEMO_SECONDS ends the demo after that time, DEMO_SEED (default 1) selects tasks and faults,
OPENAI_API_KEY uses a real model (OPENAI_BASE_URL, OPENAI_MODEL).`,
)
line.program.action(line.action(main))
const exitCode = await line.run(process.argv.slice(2))
process.stdout.write('', () => process.exit(exitCode))
