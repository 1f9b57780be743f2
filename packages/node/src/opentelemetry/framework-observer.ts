import { type Configuration, frameworkSources } from '@swarmwatch/config'

import { errorWord, type Warn } from '../logger.ts'

/** The sources of model and tool calls, while they are enabled. */
export interface FrameworkObserver {
  disable(): void
  /** Whether a request of undici is reported as a model call, with a span and trace context of its own. */
  isModelRequest(request: { method: string; path: string; origin: string | URL; headers: unknown }): boolean
}

/**
 * Loads @swarmwatch/instrumentation, which nothing else needs, and returns the function that starts
 * it: model calls and tool calls of agent frameworks, and the price of every model call. One line
 * reports the frameworks that are installed. Never rejects: the agents run without it.
 */
export async function frameworkObserver(
  { telemetry, prices, providers }: Pick<Configuration, 'telemetry' | 'prices' | 'providers'>,
  warn: Warn,
): Promise<() => FrameworkObserver> {
  const chosen = sourcesIn(telemetry.frameworks)
  try {
    const { AgentInstrumentation, priceTable, sourceNames } = await import('@swarmwatch/instrumentation')
    return () => {
      const frameworks = sourceNames.filter((name) => chosen.includes(name))
      const instrumentation = new AgentInstrumentation({ frameworks, prices, providers, warn })
      const found = instrumentation.found()
      // Without a framework there is nothing to check, and a start without news is silent
      if (found.some((text) => !text.startsWith('wire')))
        warn(`model and tool calls: ${found.join('; ')} (prices of ${priceTable.date})`)
      return instrumentation
    }
  } catch (error) {
    warn(`@swarmwatch/instrumentation could not be loaded (${errorWord(error)}): model calls and tool calls are not seen`)
    return () => ({ disable: () => undefined, isModelRequest: () => false })
  }
}

/** The sources that a value of the setting `frameworks` selects. */
export function sourcesIn(text: string): readonly string[] {
  if (text === 'on') return frameworkSources
  return text === 'off' ? [] : text.split(',').map((name) => name.trim())
}
