import { ActiveSource } from '../active-source.ts'
import { FrameworkInstrumentation } from '../framework-instrumentation.ts'
import { installedVersion, missingTexts } from '../installed-package.ts'
import type { SourceConfig } from '../source.ts'
import { followProvider, type TraceProvider } from './follow-provider.ts'
import { nestSpans, type GroupIds } from './nest-spans.ts'
import { observeGlobal } from './observe-global.ts'

const providerName = 'openai.agents.core.traceProvider'
const storageName = 'openai.agents.core.asyncLocalStorage'
const providerKey = Symbol.for(providerName)
const storageKey = Symbol.for(storageName)

/**
 * Reports tool calls and model calls of the OpenAI Agents SDK, through its global trace provider. That the export of traces to OpenAI is
 * off (`OPENAI_AGENTS_DISABLE_TRACING`, `NODE_ENV=test`, `setTracingDisabled()`) makes no difference. A runner with
 * `tracingDisabled: true` creates no spans at all: its tool calls are not visible, its model calls are counted by the source `wire`.
 */
export class OpenAIAgentsInstrumentation extends FrameworkInstrumentation {
  constructor(config: SourceConfig = {}) {
    super('openai-agents', config)
  }

  protected installHook(): () => void {
    const source = new ActiveSource('openai-agents')
    const undo = observeGlobal<TraceProvider>(providerKey, (provider) => {
      const groupIds: GroupIds = new WeakMap()
      const undoBoth = [followProvider(provider, source, groupIds), nestSpans(storageKey, groupIds)]
      return () => undoBoth.forEach((each) => each())
    })
    return () => {
      source.release()
      undo()
    }
  }

  found(): string | undefined {
    const version = installedVersion('@openai/agents-core') ?? installedVersion('@openai/agents')
    return version === undefined ? undefined : `openai-agents ${version}`
  }

  hookProblem(folders: readonly string[]): string | undefined {
    const missing = missingTexts('@openai/agents-core', [providerName, storageName], folders)
    if (!missing) return undefined
    return `@openai/agents-core ${missing.version} has no global ${missing.texts.join(', ')}, so its tool calls are not visible or not nested; use 0.8.0 to 0.20.x`
  }
}
