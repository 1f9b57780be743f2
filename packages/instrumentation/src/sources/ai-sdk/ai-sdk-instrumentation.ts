import { ActiveSource } from '../active-source.ts'
import { FrameworkInstrumentation } from '../framework-instrumentation.ts'
import { installedVersion, missingTexts } from '../installed-package.ts'
import type { SourceConfig } from '../source.ts'
import { eventsOfVersion6 } from './events-of-version-6.ts'
import { eventsOfVersion7 } from './events-of-version-7.ts'

/** The list of telemetry integrations that `ai` reads from `globalThis` at each call. */
const listName = 'AI_SDK_TELEMETRY_INTEGRATIONS'
const globals = globalThis as { [listName]?: object[] }

/**
 * Reports tool calls and model calls of the AI SDK: of version 7, and of the releases of 6 that have the same list of integrations.
 * Calls with `telemetry: { isEnabled: false }`, and in version 7 those with `telemetry.integrations` of their own, are not visible here;
 * the source `wire` counts their model calls all the same.
 */
export class AiSdkInstrumentation extends FrameworkInstrumentation {
  constructor(config: SourceConfig = {}) {
    super('ai-sdk', config)
  }

  protected installHook(): () => void {
    return addIntegration()
  }

  found(): string | undefined {
    const version = installedVersion('ai')
    return version === undefined ? undefined : `ai-sdk ${version}`
  }

  hookProblem(folders: readonly string[]): string | undefined {
    const missing = missingTexts('ai', [listName], folders)
    if (!missing) return undefined
    return `ai ${missing.version} does not read ${listName}, so its tool calls are not visible; use ai 7, or 6.0.326 or newer`
  }
}

/** Adds our integration to the list, which is created if there is none. The returned function removes it. */
function addIntegration(): () => void {
  const source = new ActiveSource('ai-sdk')
  const integration = { ...eventsOfVersion6(source), ...eventsOfVersion7(source) }
  const list = (globals[listName] ??= [])
  // The first one is called innermost: a span that another integration makes for the tool is active then, so we make no second one
  list.unshift(integration)
  return () => {
    source.release()
    // The list may have been replaced in the meantime
    const current = globals[listName]
    for (const each of new Set([list, current])) {
      const at = each?.indexOf(integration) ?? -1
      if (at !== -1) each!.splice(at, 1)
    }
    if (current?.length === 0) delete globals[listName]
  }
}
