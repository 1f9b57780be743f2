import { announceInnerToolCalls } from '@swarmwatch/sdk/instrumentation'

import { FrameworkInstrumentation } from '../framework-instrumentation.ts'
import { installedVersion, missingTexts } from '../installed-package.ts'
import type { SourceConfig } from '../source.ts'
import { type CallTool, isObserved, observedCallTool, observedRequest, type SendRequest } from './client-calls.ts'
import { mcpPackages, unreachableClients, watchMcpClasses, type McpClass, type McpPackageName } from './mcp-classes.ts'
import { observedOnRequest, type OnRequest } from './server-requests.ts'

/**
 * Reports the tool calls of MCP clients and servers, of both SDK versions, and joins the traces of both sides. Modules are recognised
 * while Node loads them, so a bundle is not: pass its clients to `instrumentMcpClient()`.
 */
export class McpInstrumentation extends FrameworkInstrumentation {
  constructor(config: SourceConfig = {}) {
    super('mcp', config)
  }

  protected installHook(): () => void {
    const { enabled } = (globals[patchesKey] ??= { enabled: new Set(), undos: new Map() })
    enabled.add(this)
    ownEnabled.add(this)
    stopWatching ??= watchMcpClasses(patch)
    const endAnnouncement = announceInnerToolCalls()
    return () => {
      endAnnouncement()
      enabled.delete(this)
      ownEnabled.delete(this)
      if (ownEnabled.size === 0) {
        stopWatching?.()
        stopWatching = undefined
      }
      if (enabled.size === 0) restoreClasses()
    }
  }

  found(): string | undefined {
    const versions = new Set(Object.keys(mcpPackages).map(installedVersion))
    versions.delete(undefined)
    if (versions.size === 0) return globals[patchesKey]?.undos.size ? 'mcp' : undefined
    const unreachable = unreachableClients()
    return `mcp ${[...versions].join(', ')}${unreachable === undefined ? '' : ` (${unreachable})`}`
  }

  hookProblem(folders: readonly string[]): string | undefined {
    const problems = Object.entries(hooks).flatMap(([packageName, texts]) => {
      const missing = missingTexts(packageName, texts, folders)
      return missing ? [`${packageName} ${missing.version} does not contain ${missing.texts.join(', ')}`] : []
    })
    if (problems.length === 0) return undefined
    return `${problems.join('; ')}, so its tool calls may not be visible; use instrumentMcpClient() for a client, and report it`
  }
}

/** Texts that a patched package must contain. */
const hooks: Readonly<Record<McpPackageName, readonly string[]>> = {
  '@modelcontextprotocol/sdk': [
    'class Client extends',
    'async callTool(params',
    '_requestMessageId++',
    'class Server extends',
    '_onrequest(',
    '_requestHandlers',
  ],
  '@modelcontextprotocol/client': ['var Client = class extends', 'async callTool(params', '_requestMessageId++'],
  '@modelcontextprotocol/server': ['var Server = class extends', '_onrequest(', '_requestHandlers'],
}

interface Patches {
  /** Instances that are enabled. */
  readonly enabled: Set<object>
  /** Functions that restore a class, by its prototype. */
  readonly undos: Map<object, () => void>
}

/** Process-wide, so that copies of this package patch a class once, and the last instance that is disabled restores it. */
const patchesKey = Symbol.for('@swarmwatch/instrumentation/mcp-patches/1')
const globals = globalThis as { [patchesKey]?: Patches }
const ownEnabled = new Set<McpInstrumentation>()
let stopWatching: (() => void) | undefined

function isActive(): boolean {
  return globals[patchesKey] !== undefined
}

function restoreClasses(): void {
  const { undos } = globals[patchesKey] ?? {}
  delete globals[patchesKey]
  for (const undo of undos?.values() ?? []) undo()
}

function patch({ name, prototype }: McpClass): void {
  const { undos } = globals[patchesKey] ?? {}
  if (!undos || undos.has(prototype)) return
  if (name === 'Client') {
    const { callTool, request } = prototype as { callTool?: CallTool; request?: SendRequest }
    if (typeof callTool !== 'function' || isObserved(callTool)) return
    const restore = replace(prototype, 'callTool', observedCallTool(callTool, isActive))
    // Inherited from a class that the server's one extends, too
    const restoreRequest = typeof request === 'function' ? replace(prototype, 'request', observedRequest(request)) : undefined
    undos.set(prototype, () => {
      restore()
      restoreRequest?.()
    })
  } else {
    const { _onrequest } = prototype as { _onrequest?: OnRequest }
    if (typeof _onrequest !== 'function' || isObserved(_onrequest)) return
    undos.set(prototype, replace(prototype, '_onrequest', observedOnRequest(_onrequest, isActive)))
  }
}

/** Sets a method and returns a function that restores the earlier state, unless another package has replaced the method since. */
function replace(prototype: object, key: string, method: unknown): () => void {
  const earlier = Object.getOwnPropertyDescriptor(prototype, key)
  Object.defineProperty(prototype, key, { value: method, writable: true, configurable: true, enumerable: false })
  return () => {
    if (Object.getOwnPropertyDescriptor(prototype, key)?.value !== method) return
    if (earlier) Object.defineProperty(prototype, key, earlier)
    else delete (prototype as Record<string, unknown>)[key]
  }
}
