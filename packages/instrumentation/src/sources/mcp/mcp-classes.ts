import { readFileSync } from 'node:fs'
// As a whole, because other runtimes lack parts of it
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { guarded } from '@swarmwatch/sdk/instrumentation'

/** The two classes of the MCP SDKs that are patched. */
export type McpClassName = 'Client' | 'Server'

/** A class `Client` or `Server` of one loaded copy of an MCP SDK. */
export interface McpClass {
  readonly name: McpClassName
  readonly prototype: object
}

export type McpPackageName = `@modelcontextprotocol/${'sdk' | 'client' | 'server'}`

/**
 * The packages of version 1 (`sdk`) and 2 (`client`, `server`), with the files whose exports include the classes. In version 2 the class
 * itself is in a file with a hash in its name, so files are recognised by their text.
 */
export const mcpPackages: Readonly<Record<McpPackageName, Readonly<Partial<Record<McpClassName, string>>>>> = {
  '@modelcontextprotocol/sdk': { Client: 'dist/esm/client/index.js', Server: 'dist/esm/server/index.js' },
  '@modelcontextprotocol/client': { Client: 'dist/index.mjs' },
  '@modelcontextprotocol/server': { Server: 'dist/index.mjs' },
}

const sdkFile = /[\\/]@modelcontextprotocol[\\/](?:sdk|client|server)[\\/]dist[\\/].+\.[cm]?js$/
const definition = /^(?:export )?(?:class (Client|Server) extends |var (Client|Server) = class extends )/m
/** Classes that were found, because a module that is enabled again is not loaded again. */
const known = new Map<object, McpClass>()
const receiverKey = Symbol.for('@swarmwatch/instrumentation/mcp-classes/1')
// A set, because each copy of this package has a receiver
type Receiver = (found: { prototype: object }, name: McpClassName) => void
const globals = globalThis as { [receiverKey]?: Set<Receiver> }

/**
 * Calls `found` for each class of an MCP SDK that this process loads from now on, and for those that were loaded earlier and can be
 * reached: CommonJS modules, and ES modules of a package that the application itself depends on. Returns a function that ends this.
 */
export function watchMcpClasses(found: (each: McpClass) => void): () => void {
  const report = (each: McpClass): void => {
    known.set(each.prototype, each)
    guarded('framework', () => found(each))
  }
  const receiver: Receiver = ({ prototype }, name) => report({ name, prototype })
  const receivers = (globals[receiverKey] ??= new Set())
  receivers.add(receiver)
  const hooks = guarded('framework', () =>
    nodeModule.registerHooks?.({
      load(url, context, nextLoad) {
        const loaded = nextLoad(url, context)
        return isSdkFile(url) ? (guarded('framework', () => withReport(loaded)) ?? loaded) : loaded
      },
    }),
  )
  let isEnded = false
  guarded('framework', () => {
    for (const each of [...known.values(), ...loadedCommonJs()]) report(each)
    if (known.size > 0 || isPreloading()) return
    // The import of a module that is loaded returns it as it is
    for (const { name, url } of esModulesOfApplication()) {
      void import(/* webpackIgnore: true */ /* @vite-ignore */ url).then(
        (exports: Record<string, unknown>) => {
          const each = classIn(exports, name)
          if (each && !isEnded) report(each)
        },
        () => {},
      )
    }
  })
  return () => {
    isEnded = true
    hooks?.deregister()
    receivers.delete(receiver)
    if (receivers.size === 0) delete globals[receiverKey]
  }
}

/** Returns which clients are out of reach in this process, for the start line; undefined if none is known to be. */
export function unreachableClients(): string | undefined {
  if (!('registerHooks' in nodeModule)) return 'only clients of instrumentMcpClient()'
  const isEarly = /(?:^|\s)(?:--import|--require|-r)\b/.test(nodeFlags())
  if (isEarly || known.size > 0 || guarded('framework', esModulesOfApplication)?.length) return undefined
  return 'those loaded before telemetry only with instrumentMcpClient()'
}

function isSdkFile(url: string): boolean {
  return url.includes('modelcontextprotocol') && sdkFile.test(url.replace(/[?#].*$/, ''))
}

/** Appends a line to a file that defines one of the classes; it reports the class, and does nothing once the source is disabled. */
function withReport<Loaded extends { source?: unknown }>(loaded: Loaded): Loaded | undefined {
  const { source } = loaded
  const text = typeof source === 'string' ? source : source instanceof Uint8Array ? Buffer.from(source).toString() : undefined
  const match = text === undefined ? null : definition.exec(text)
  if (!match) return undefined
  const name = match[1] ?? match[2]
  const key = `Symbol.for('${receiverKey.description}')`
  const line = `for (const receive of globalThis[${key}] ?? []) receive(${name}, '${name}')`
  return { ...loaded, source: `${text}\n;${line}\n` }
}

function loadedCommonJs(): McpClass[] {
  const { cache } = nodeModule.createRequire(process.execPath)
  return Object.values(cache)
    .filter((module) => module !== undefined && sdkFile.test(module.filename))
    .flatMap((module) =>
      (['Client', 'Server'] as const).map((name) => guarded('framework', () => classIn(module!.exports, name))),
    )
    .filter((each) => each !== undefined)
}

function classIn(exports: unknown, name: McpClassName): McpClass | undefined {
  const found = (exports as Partial<Record<McpClassName, unknown>> | undefined)?.[name]
  return typeof found === 'function' ? { name, prototype: found.prototype as object } : undefined
}

/** Whether this runs before the application, so that nothing of it can be loaded. */
function isPreloading(): boolean {
  return nodeFlags().includes('@swarmwatch/node/register')
}

function nodeFlags(): string {
  return [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
}

function esModulesOfApplication(): { name: McpClassName; url: string }[] {
  const application = manifestAt(nodeModule.findPackageJSON?.('.', applicationUrl()))
  const isModule = application?.type === 'module' || /\.m[jt]s$/.test(applicationUrl())
  if (!isModule) return []
  return (Object.entries(mcpPackages) as [string, Partial<Record<McpClassName, string>>][]).flatMap(([packageName, files]) => {
    const isDependency = application?.dependencies?.[packageName] ?? application?.devDependencies?.[packageName]
    const manifest = isDependency ? manifestOf(packageName) : undefined
    if (!manifest) return []
    return (Object.entries(files) as [McpClassName, string][]).map(([name, file]) => ({
      name,
      url: pathToFileURL(join(manifest.folder, file)).href,
    }))
  })
}

interface Manifest {
  readonly folder: string
  readonly version: string
  readonly type?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function manifestOf(packageName: string): Manifest | undefined {
  return manifestAt(nodeModule.findPackageJSON?.(packageName, applicationUrl()))
}

function manifestAt(path: string | undefined): Manifest | undefined {
  if (path === undefined) return undefined
  const file = path.startsWith('file:') ? fileURLToPath(path) : path
  try {
    return { ...(JSON.parse(readFileSync(file, 'utf8')) as Omit<Manifest, 'folder'>), folder: dirname(file) }
  } catch {
    // For a program without package.json, Node returns the path of a folder
    return undefined
  }
}

function applicationUrl(): string {
  return pathToFileURL(process.argv[1] ?? join(process.cwd(), 'index.js')).href
}
