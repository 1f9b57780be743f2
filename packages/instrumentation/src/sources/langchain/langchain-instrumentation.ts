import { AsyncLocalStorage } from 'node:async_hooks'

import { FrameworkInstrumentation } from '../framework-instrumentation.ts'
import { installedVersion, missingTexts } from '../installed-package.ts'
import type { SourceConfig } from '../source.ts'
import { addHandler, configureHooksName, variablesName } from './add-handler.ts'
import { LangChainHandler } from './langchain-handler.ts'

const storageName = 'ls:tracing_async_local_storage'
const storageKey = Symbol.for(storageName)

/**
 * Reports tool calls and model calls of LangChain and LangGraph with a callback handler that is added to every run, whatever callbacks
 * the user configures. It depends on names inside `@langchain/core`, which `hookProblem()` looks for.
 */
export class LangChainInstrumentation extends FrameworkInstrumentation {
  constructor(config: SourceConfig = {}) {
    super('langchain', config)
  }

  /** Adds the handler. The storage stays after its removal, because the packages keep the context of their runs in it. */
  protected installHook(): () => void {
    const globals = globalThis as Record<symbol, AsyncLocalStorage<unknown> | undefined>
    // As @langchain/core and langsmith do it when they are loaded: the first one creates the storage for all
    const storage = (globals[storageKey] ??= new AsyncLocalStorage())
    return addHandler(storage, new LangChainHandler())
  }

  found(): string | undefined {
    const version = installedVersion('@langchain/core')
    return version === undefined ? undefined : `langchain ${version}`
  }

  hookProblem(folders: readonly string[]): string | undefined {
    const missing = missingTexts('@langchain/core', [storageName, variablesName, configureHooksName], folders)
    if (!missing) return undefined
    return `@langchain/core ${missing.version} has no ${missing.texts.join(', ')}, so its tool calls are not visible; use 0.3.30 to 1.4.x`
  }
}
