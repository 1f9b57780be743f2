import type { Environment } from '@swarmwatch/config'
import { asJson, type CommandLine, commandLine, type ExitCode, type Output } from '@swarmwatch/config/command-line'

import { prometheusAddress, readAdvisorSettings } from './advisor-settings.ts'
import { analyse } from './analyse.ts'
import { readPrices } from './read-prices.ts'
import { openPrometheus, PrometheusError } from './prometheus/prometheus-client.ts'
import { markdownReport } from './report/markdown-report.ts'
import { textReport } from './report/text-report.ts'

/** Environment of the command. */
export interface AdviseEnvironment extends Output {
  /** @default process.env */
  readonly env?: Environment
  /** Milliseconds since 1970. @default the clock */
  readonly now?: () => number
}

/** Options of `swarmwatch advise` on the command line. */
interface AdviseOptions {
  readonly prometheus?: string
  readonly json?: true
  readonly markdown?: true
}

/** Adds `advise`, which prints a report. */
export function addAdviseCommand({ program, action }: CommandLine, environment: AdviseEnvironment = {}): void {
  program
    .command('advise')
    .description('forecast traffic and cost, plan capacity, and find what would save money, from the history in Prometheus')
    .option('--prometheus <url>', 'address of Prometheus, Mimir, Thanos or VictoriaMetrics; default PROMETHEUS_URL')
    .option('--json', 'print the report as JSON')
    .option('--markdown', 'print the report as Markdown')
    .addHelpText('after', further)
    .action(action((options: AdviseOptions) => advise(options, environment)))
}

/**
 * Runs `swarmwatch advise` with the arguments after this word. Returns the exit code: 0 no advice, 1 advice or no answer from
 * Prometheus, 2 invalid call or settings, or no agents.
 */
export async function runAdvise(args: readonly string[], environment: AdviseEnvironment = {}): Promise<ExitCode> {
  const line = commandLine({
    name: 'swarmwatch',
    about: '',
    packageFile: new URL('../package.json', import.meta.url),
    ...environment,
  })
  addAdviseCommand(line, environment)
  return line.run(['advise', ...args])
}

const further = `
Examples:
  swarmwatch advise --prometheus http://127.0.0.1:9090
  swarmwatch advise --markdown > advice.md

The login is PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD; each secret can be a file (PROMETHEUS_TOKEN_FILE).
Exits 0 without advice, 1 with advice or when Prometheus does not answer, 2 when the call or the settings are invalid or choose no agents.`

async function advise(options: AdviseOptions, environment: AdviseEnvironment): Promise<ExitCode> {
  const { env = process.env, now = Date.now, print = console.log, printError = console.error } = environment
  const settings = readAdvisorSettings({ env, prometheusUrl: options.prometheus })
  try {
    const { report } = await analyse(
      openPrometheus(prometheusAddress(settings)),
      { ...settings, prices: readPrices(env), prophet: true },
      now(),
    )
    print(options.json ? asJson(report) : options.markdown ? markdownReport(report) : textReport(report))
    if (report.history.agents === 0) {
      // the text has it as a note
      if (options.json || options.markdown) for (const notice of report.notices) printError(`swarmwatch advise: ${notice}`)
      return 2
    }
    return report.advice.length > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error
    if (options.json) print(asJson({ error: { reason: error.reason, message: error.message } }))
    else printError(`swarmwatch advise: ${error.message}`)
    return 1
  }
}
