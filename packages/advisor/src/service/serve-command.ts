import type { CommandLine, ExitCode } from '@swarmwatch/config/command-line'
import { ListenError } from '@swarmwatch/config/listen'

import { readAdvisorSettings } from '../advisor-settings.ts'
import { readPrices } from '../read-prices.ts'
import { startService } from './start-service.ts'

/** Adds `serve`, which runs until SIGTERM or SIGINT. */
export function addServeCommand({ program, action }: CommandLine): void {
  program
    .command('serve')
    .description(
      'analyse every hour; serve the report as a page and as metrics; send a weekly digest to the bridge; stops on SIGTERM',
    )
    .action(action(runService))
}

async function runService(): Promise<ExitCode> {
  const settings = readAdvisorSettings({ env: process.env })
  const asked = Promise.withResolvers<string>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => asked.resolve(signal))
  try {
    const service = await startService(settings, { prices: readPrices(process.env) })
    console.error(`[ADVISOR] ${await asked.promise}: stopping`)
    await service.stop()
    return 0
  } catch (error) {
    if (!(error instanceof ListenError)) throw error
    const cure = error.reason === 'port-taken' ? '; set ADVISOR_PORT (0 selects a free port)' : ''
    console.error(`[ADVISOR] cannot start: ${error.message}${cure}`)
    return 1
  }
}
