import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'
import { detect } from 'package-manager-detector'

import type { PackageFile } from './package-file.ts'

/** The application frameworks that `init` treats differently. */
export type Framework = 'next' | 'nest' | 'fastify' | 'express' | 'plain'

/** The set-up of OpenTelemetry or of a vendor that a project has already. */
export type PresentTelemetry =
  | { readonly kind: 'none' }
  /** A file that starts an SDK: its path, and the call in it. */
  | { readonly kind: 'file'; readonly path: string; readonly call: 'NodeSDK' | 'registerOTel' }
  /** Started by an option of Node or by the environment, without a file of the project. */
  | { readonly kind: 'option' }

/** A project as `init` found it. */
export interface Project {
  readonly root: string
  /** Of the service: `package.json`'s name, or the folder's, with a-z, 0-9 and "-". */
  readonly serviceName: string
  readonly packageText: string
  readonly packageFile: PackageFile
  readonly packageManager: 'npm' | 'pnpm' | 'yarn' | 'bun'
  readonly isYarnBerry: boolean
  readonly framework: Framework
  /** Version of the framework's package as `package.json` has it. */
  readonly frameworkVersion: string | undefined
  /** Names of the frameworks of agents that it uses. */
  readonly agents: readonly string[]
  readonly telemetry: PresentTelemetry
  /** Vendors with a tracer of their own that it uses. */
  readonly vendors: readonly ('Sentry' | 'Datadog')[]
  readonly hasTypeScript: boolean
  readonly isModule: boolean
  readonly dockerfile: string | undefined
}

/** Packages of frameworks of agents, and their names. */
const agentPackages: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^ai$/, 'AI SDK'],
  [/^@openai\/agents/, 'OpenAI Agents'],
  [/^openai$/, 'OpenAI'],
  [/^@langchain\/langgraph$/, 'LangGraph'],
  [/^(?:langchain|@langchain\/core)$/, 'LangChain'],
  [/^@anthropic-ai\/sdk$/, 'Anthropic'],
  [/^@anthropic-ai\/claude-agent-sdk$/, 'Claude Agent SDK'],
  [/^@google\/genai$/, 'Gemini'],
  [/^@mastra\/core$/, 'Mastra'],
  [/^@modelcontextprotocol\//, 'MCP'],
]

/**
 * Reads a project's folder.
 * @throws ConfigurationError when it has no `package.json`, or one that is not JSON
 */
export async function readProject(root: string): Promise<Project> {
  const packageText = readPackageText(root)
  const packageFile = parsePackage(packageText)
  const versions = { ...packageFile.devDependencies, ...packageFile.dependencies }
  const names = Object.keys(versions)
  const manager = await detect({ cwd: root })
  const packageManager = manager?.name === undefined || manager.name === 'deno' ? 'npm' : manager.name
  const framework = frameworkOf(names)
  return {
    root,
    serviceName: serviceNameOf(packageFile.name ?? basename(root)),
    packageText,
    packageFile,
    packageManager: isSupported(packageManager) ? packageManager : 'npm',
    isYarnBerry: manager?.agent === 'yarn@berry',
    framework,
    frameworkVersion: versions[frameworkPackages[framework] ?? ''],
    agents: [...new Set(agentPackages.flatMap(([pattern, name]) => (names.some((each) => pattern.test(each)) ? [name] : [])))],
    telemetry: telemetryOf(root, packageFile, names),
    vendors: [
      ...(names.some((name) => name.startsWith('@sentry/')) ? (['Sentry'] as const) : []),
      ...(names.includes('dd-trace') ? (['Datadog'] as const) : []),
    ],
    hasTypeScript: existsSync(join(root, 'tsconfig.json')),
    isModule: packageFile.type === 'module',
    dockerfile: existsSync(join(root, 'Dockerfile')) ? 'Dockerfile' : undefined,
  }
}

function readPackageText(root: string): string {
  try {
    return readFileSync(join(root, 'package.json'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new ConfigurationError([
      { path: join(root, 'package.json'), rule: 'is missing; run this in the folder of a Node project, or run npm init first' },
    ])
  }
}

function parsePackage(text: string): PackageFile {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // reported below
  }
  throw new ConfigurationError([{ path: 'package.json', rule: 'must be a JSON object' }])
}

const isSupported = (name: string): name is Project['packageManager'] => ['npm', 'pnpm', 'yarn', 'bun'].includes(name)

const frameworkPackages: Readonly<Partial<Record<Framework, string>>> = {
  next: 'next',
  nest: '@nestjs/core',
  fastify: 'fastify',
  express: 'express',
}

function frameworkOf(names: readonly string[]): Framework {
  const found = Object.entries(frameworkPackages).find(([, name]) => names.includes(name))
  return (found?.[0] as Framework | undefined) ?? 'plain'
}

function serviceNameOf(name: string): string {
  const plain = name
    .replace(/^@[^/]+\//, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return plain === '' ? 'app' : plain
}

/** Where a set-up of OpenTelemetry usually is, without the ending. */
const telemetryFiles = ['instrumentation', 'tracing', 'telemetry', 'otel', 'opentelemetry', 'instrument', 'register'].flatMap(
  (name) => ['', 'src/', 'lib/', 'app/', 'server/'].map((folder) => `${folder}${name}`),
)
const endings = ['.ts', '.mts', '.js', '.mjs', '.cjs']

function telemetryOf(root: string, { scripts = {} }: PackageFile, names: readonly string[]): PresentTelemetry {
  if (!names.some((name) => /^@opentelemetry\/(?:sdk-|auto-instrumentations-node$)|^@vercel\/otel$/.test(name))) {
    return { kind: 'none' }
  }
  const commands = Object.values(scripts).join('\n')
  const loaded = [...commands.matchAll(/(?:--import|--require|-r)[ =]["']?(\.{0,2}\/?[\w./-]+\.[cm]?[jt]s)/g)].map(([, path]) =>
    path!.replace(/^\.\//, ''),
  )
  for (const path of [...loaded, ...telemetryFiles.flatMap((name) => endings.map((ending) => `${name}${ending}`))]) {
    const file = join(root, path)
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    if (/\bnew\s+(?:\w+\.)?NodeSDK\s*\(/.test(text)) return { kind: 'file', path, call: 'NodeSDK' }
    if (/\bregisterOTel\s*\(/.test(text)) return { kind: 'file', path, call: 'registerOTel' }
  }
  return { kind: 'option' }
}
