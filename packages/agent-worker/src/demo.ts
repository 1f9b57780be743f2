import { commandLine, type ExitCode } from '@swarmwatch/config/command-line'
import { ConfigurationError } from '@swarmwatch/node'

import { parseDemoSettings } from './demo/demo-settings.ts'
import { runDemo } from './demo/run-demo.ts'
import { onStopSignal } from './on-stop-signal.ts'
import { PriceTableError } from './prices.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<ExitCode> {
  const parsed = parseDemoSettings(process.env)
  if (!parsed.ok) {
    for (const problem of parsed.problems) complain(problem)
    return 2
  }
  const stop = new AbortController()
  const { seconds } = parsed.settings
  const timer = seconds === undefined ? undefined : setTimeout(() => stop.abort(), seconds * 1000)
  onStopSignal(() => stop.abort())
  try {
    await runDemo(parsed.settings, stop.signal, say)
    return 0
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof PriceTableError) {
      complain(error.message)
      return 2
    }
    // Class and code only: a message may hold what it should not
    const { name, code } = error as NodeJS.ErrnoException
    complain(`The demo could not start: ${name}${code === undefined ? '' : ` (${code})`}`)
    return 1
  } finally {
    clearTimeout(timer)
  }
}

// The AI SDK prints hints on the console; the demo's output is its own
globalThis.AI_SDK_LOG_WARNINGS = false
// `demo | head` closes the pipe: nobody is left to talk to
process.stdout.on('error', () => process.exit(0))
const line = commandLine({
  name: 'demo',
  usage: '[options]',
  about: 'Runs the reference swarm until it is stopped: agents that fail and recover, the status page, an alert.',
  packageFile: new URL('../package.json', import.meta.url),
  print: say,
  printError: complain,
})
line.program.addHelpText(
  'after',
  `
Settings: DEMO_SECONDS ends it after that time, DEMO_SEED (1) chooses tasks and faults; OPENAI_API_KEY uses a real model
(OPENAI_BASE_URL, OPENAI_MODEL).`,
)
line.program.action(line.action(main))
const exitCode = await line.run(process.argv.slice(2))
process.stdout.write('', () => process.exit(exitCode))
