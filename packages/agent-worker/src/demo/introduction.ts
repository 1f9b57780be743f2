import type { Telemetry } from '@swarmwatch/node'

import { demoWindowSeconds } from './demo-world.ts'

const mostWaitsShown = 5

/** What the demo says first: which settings it runs with and where to look. */
export function introduction(
  { metricsUrl, pageUrl, configuration }: Pick<Telemetry, 'metricsUrl' | 'pageUrl' | 'configuration'>,
  settingsFile: string,
  description: readonly string[],
): string[] {
  const isOverridden = Object.entries(configuration.origins).some(
    ([path, origin]) => path.startsWith('recovery.') && origin.startsWith('environment'),
  )
  return [
    'Swarmwatch demo: three agents work on real files; they fail, recover and show themselves.',
    '',
    `Settings  ${settingsFile}${isOverridden ? ' and the environment' : ''}: ${waits(configuration.recovery)} (production: 5, 15, 30 s)`,
    `          health looks back ${demoWindowSeconds} s (production: 300 s); alerts fire after seconds (production: minutes)`,
    `Page      ${pageUrl ?? 'off'}`,
    `Metrics   ${metricsUrl ?? 'off'}`,
    ...description,
    '',
    'Ctrl-C stops it and shows a summary.',
    '',
  ]
}

type Recovery = Telemetry['configuration']['recovery']

function waits({ maxRetries, baseDelaySeconds, exponentialFactor, maxDelaySeconds }: Recovery): string {
  if (maxRetries === 0) return 'no retries'
  const shown = Array.from({ length: Math.min(maxRetries, mostWaitsShown) }, (_, retry) =>
    String(Math.min(baseDelaySeconds * exponentialFactor ** retry, maxDelaySeconds)),
  )
  return `retries after ${[...shown, ...(maxRetries > mostWaitsShown ? ['...'] : [])].join(', ')} s`
}
