import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { stackFiles, type StackService } from '@swarmwatch/stack'

import { type CodeEdit, nextInstrumentation, withAgentInstrumentation, withNextTelemetry } from './code-edits.ts'
import { type PackageEdit, type PackageFile, withEdits } from './package-file.ts'
import type { Project } from './project.ts'
import type { InitRecord, ProjectEdit } from './record.ts'
import { startScripts } from './start-scripts.ts'
import { threeWayMerge } from './three-way-merge.ts'

/** A file that is created, edited or deleted; the path is relative to the project. */
export interface FileChange {
  readonly path: string
  readonly before?: string | undefined
  readonly after?: string | undefined
}

/** The steps of `init` in a project. Nothing is done yet. */
export interface InitPlan {
  readonly service: StackService
  readonly changes: readonly FileChange[]
  /** Files that you and the newer version both changed, or that were there before: yours stays, and the other one is `PATH.new`. */
  readonly conflicts: readonly string[]
  /** Notes for a person: steps that are left, and facts to know. */
  readonly notes: readonly string[]
  /** The command that starts the application with telemetry. */
  readonly start: string
  /** Whether the application serves a status page. */
  readonly hasStatusPage: boolean
  /** Whether `package.json` has other dependencies than before, so that an installation is due. */
  readonly needsInstall: boolean
  /** The record to write; what the installation does is added to it. */
  readonly record: InitRecord
}

/** Options for {@link planInit}. */
export interface PlanOptions {
  /** Folder of the stack below the project. */
  readonly folder: string
  /** Version of this package, which is also that of the dependencies to add. */
  readonly version: string
  /** The record of an earlier `init`. @default none: a first `init` */
  readonly record?: InitRecord | undefined
  /** Whether the project has a stack of its own; without one, only its code and `package.json` change. */
  readonly withStack: boolean
}

/** Plans a first `init`, or with a record an update. Reads files and writes none. */
export async function planInit(project: Project, { folder, version, record, withStack }: PlanOptions): Promise<InitPlan> {
  const service = record?.service ?? {
    name: project.serviceName,
    folder,
    dockerfile: project.dockerfile,
    packageManager: project.packageManager,
    hasBuildScript: project.packageFile.scripts?.['build'] !== undefined,
  }
  const stack = withStack ? await stackFiles(service) : {}
  const files = planStack(project.root, folder, stack, record)
  const code = planCode(project, withStack ? folder : undefined)
  const known = new Set(record?.projectFiles.map(({ path }) => path))
  const projectEdits = [...code.edits, ...(withStack ? planDockerignore(project, folder) : [])].filter(
    ({ path }) => !known.has(path),
  )
  const packageEdits = planPackage(project, version, code, record)
  const packageText = withEdits(project.packageText, packageEdits)
  const changes: FileChange[] = [
    ...(packageText === project.packageText ? [] : [{ path: 'package.json', before: project.packageText, after: packageText }]),
    ...projectEdits,
    ...files.changes,
  ]
  return {
    service,
    changes,
    conflicts: files.conflicts,
    notes: [...code.notes, ...agentNotes(project, code.options), ...files.notes],
    start: startCommand(project, code, packageText),
    hasStatusPage: code.dependencies.includes('@swarmwatch/node'),
    needsInstall: packageEdits.some(({ path }) => path[0] === 'dependencies'),
    record: {
      version,
      service,
      packageEdits: [...(record?.packageEdits ?? []), ...packageEdits],
      projectFiles: [...(record?.projectFiles ?? []), ...projectEdits],
      packageBefore: record?.packageBefore ?? project.packageText,
      createdLockFile: record?.createdLockFile,
      hadModules: record?.hadModules ?? existsSync(join(project.root, 'node_modules')),
      stack,
    },
  }
}

function planStack(
  root: string,
  folder: string,
  stack: Readonly<Record<string, string>>,
  record: InitRecord | undefined,
): Pick<InitPlan, 'changes' | 'conflicts' | 'notes'> {
  const changes: FileChange[] = []
  const conflicts: string[] = []
  const notes: string[] = []
  const paths = new Set([...Object.keys(stack), ...Object.keys(record?.stack ?? {})])
  for (const name of paths) {
    const path = `${folder}/${name}`
    const [yours, base, newer] = [readText(join(root, path)), record?.stack[name], stack[name]]
    const conflict = (): void => {
      conflicts.push(path)
      changes.push({ path: `${path}.new`, before: readText(join(root, `${path}.new`)), after: newer })
    }
    if (newer === undefined) {
      if (yours === undefined) continue
      if (yours === base) changes.push({ path, before: yours })
      else notes.push(`${path} is no longer part of the stack; it was changed, so it stays`)
    } else if (yours === undefined) {
      if (base === undefined) changes.push({ path, after: newer })
      else notes.push(`${path} was deleted and stays so`)
    } else if (base === undefined) {
      if (yours !== newer) conflict()
    } else {
      const merged = threeWayMerge(path, { base, yours, newer })
      if (merged.kind === 'conflict') conflict()
      else if (merged.text !== yours) changes.push({ path, before: yours, after: merged.text })
    }
  }
  return { changes, conflicts, notes }
}

interface CodePlan {
  readonly edits: readonly ProjectEdit[]
  readonly dependencies: readonly string[]
  /** Options of Node for the start scripts; none where code starts telemetry. */
  readonly options: readonly string[]
  readonly notes: readonly string[]
}

const withNode = ['@swarmwatch/node', '@swarmwatch/sdk'] as const

/** The options of Node that start telemetry and, with the folder of a stack, read where it is sent to. */
export function startOptions(folder: string | undefined): readonly string[] {
  return [...(folder === undefined ? [] : [`--env-file-if-exists=${folder}/app.env`]), '--import @swarmwatch/node/register']
}

/** `folder` is that of the stack; undefined without one. */
function planCode(project: Project, folder: string | undefined): CodePlan {
  if (project.framework === 'next') return planNext(project, folder)
  const { telemetry } = project
  if (telemetry.kind !== 'file') {
    const vendors = [...project.vendors, ...(telemetry.kind === 'option' ? ['OpenTelemetry'] : [])]
    const notes = vendors.map(
      (vendor) =>
        `${vendor} is set up already: of it and Swarmwatch, the one that starts first receives the spans; metrics go to both`,
    )
    return { edits: [], dependencies: withNode, options: startOptions(folder), notes }
  }
  const before = readFileSync(join(project.root, telemetry.path), 'utf8')
  const edit: CodeEdit =
    telemetry.call === 'NodeSDK'
      ? withAgentInstrumentation(before)
      : { kind: 'unknown', reason: 'registerOTel() outside Next.js is not supported' }
  return {
    edits: edit.kind === 'changed' ? [{ path: telemetry.path, before, after: edit.text }] : [],
    dependencies: ['@swarmwatch/instrumentation', '@swarmwatch/sdk'],
    options: [],
    notes: [
      `${telemetry.path} starts OpenTelemetry: its exporters stay.${
        folder === undefined
          ? ''
          : ` For this stack, set OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 and OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer TOKEN", with the token of ${folder}/.secrets/otlp_token`
      }`,
      ...(edit.kind === 'unknown'
        ? [
            `${telemetry.path} was not changed, because ${edit.reason}: add new AgentInstrumentation() of @swarmwatch/instrumentation to its instrumentations`,
          ]
        : []),
    ],
  }
}

function planNext(project: Project, folder: string | undefined): CodePlan {
  const { root, serviceName, hasTypeScript } = project
  const inSource = ['src/app', 'src/pages'].some((path) => existsSync(join(root, path)))
  const name = inSource ? 'src/instrumentation' : 'instrumentation'
  const present = ['.ts', '.js', '.mjs'].map((ending) => `${name}${ending}`).find((path) => existsSync(join(root, path)))
  const path = present ?? `${name}${hasTypeScript ? '.ts' : '.js'}`
  const before = present === undefined ? undefined : readFileSync(join(root, path), 'utf8')
  const edit: CodeEdit =
    before === undefined
      ? { kind: 'changed', text: nextInstrumentation(serviceName, hasTypeScript) }
      : withNextTelemetry(before, serviceName)
  const local = readText(join(root, '.env.local'))
  const major = Number(/\d+/.exec(project.frameworkVersion ?? '')?.[0] ?? Number.NaN)
  const notes = [
    ...(edit.kind === 'unknown'
      ? [`${path} was not changed, because ${edit.reason}: call startTelemetry() of @swarmwatch/node in its register()`]
      : []),
    ...(major < 15
      ? ['Next.js before 15 runs instrumentation only with experimental.instrumentationHook: true in its settings']
      : []),
    ...(project.vendors.length > 0 || project.telemetry.kind !== 'none'
      ? ['telemetry of another set-up starts first and keeps the spans; metrics go to both']
      : []),
  ]
  const edits: ProjectEdit[] = edit.kind === 'changed' ? [{ path, before, after: edit.text }] : []
  if (folder !== undefined && !local?.includes('SWARMWATCH_OTLP_TOKEN_FILE')) {
    edits.push({ path: '.env.local', before: local, after: appended(local, nextEnvironment(folder)) })
  }
  return { edits, dependencies: withNode, options: [], notes }
}

/** Next.js reads variables of the project's own files only. */
function nextEnvironment(folder: string): string {
  return `# Where telemetry is sent to on this machine: ${folder}/README.md
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318
SWARMWATCH_OTLP_TOKEN_FILE=${folder}/.secrets/otlp_token
SWARMWATCH_CONFIG=${folder}/config/production.yaml
MONITOR_PORT=8081
METRICS_EXPORT_INTERVAL=5
`
}

/** Keeps the secrets of the stack out of images of the project's own Dockerfiles, which often copy the whole folder. */
function planDockerignore({ root, dockerfile }: Project, folder: string): readonly ProjectEdit[] {
  // Docker reads the file next to the Dockerfile in place of the other
  const path =
    ['Dockerfile.dockerignore', '.dockerignore'].find((name) => existsSync(join(root, name))) ??
    (dockerfile === undefined ? undefined : '.dockerignore')
  if (path === undefined) return []
  const before = readText(join(root, path))
  const lines = before?.split(/\r?\n/).map((line) => line.trim().replace(/^\//, '').replace(/\/$/, '')) ?? []
  const missing = lines.includes(folder)
    ? []
    : ['.secrets', '.env*', 'app.env'].map((name) => `${folder}/${name}`).filter((pattern) => !lines.includes(pattern))
  if (missing.length === 0) return []
  return [{ path, before, after: appended(before, `# Secrets and settings of this machine\n${missing.join('\n')}\n`) }]
}

/** Whole lines behind those of a file. */
function appended(before: string | undefined, lines: string): string {
  const separator = before === undefined || before === '' || before.endsWith('\n') ? '' : '\n'
  return `${before ?? ''}${separator}${lines}`
}

/** The oldest API that the packages accept. */
const apiRange = '^1.9.0'

function planPackage(
  { root, packageFile }: Project,
  version: string,
  { dependencies, options }: CodePlan,
  record: InitRecord | undefined,
): readonly PackageEdit[] {
  const present = { ...packageFile.devDependencies, ...packageFile.dependencies }
  const written = Object.fromEntries((record?.packageEdits ?? []).map(({ path, after }) => [path.join('/'), after]))
  const wanted: Readonly<Record<string, string>> = {
    ...Object.fromEntries(dependencies.map((name) => [name, `^${version}`])),
    '@opentelemetry/api': apiRange,
  }
  const edits = Object.entries(wanted).flatMap(([name, after]): PackageEdit[] => {
    const [before, earlier] = [present[name], written[`dependencies/${name}`]]
    // Yours: added, changed or removed by you
    if (before !== earlier || before === after) return []
    return [{ path: ['dependencies', name], before, after }]
  })
  if (options.length === 0) return edits
  const scripts = packageFile.scripts ?? {}
  for (const script of startScripts(scripts, options, '@swarmwatch/node/register')) {
    if (script.kind !== 'changed') continue
    // Removed by you since the first init
    if (written[`scripts/${script.name}`] !== undefined) continue
    edits.push({ path: ['scripts', script.name], before: scripts[script.name], after: script.command })
  }
  if (scripts['start'] === undefined && written['scripts/start'] === undefined) {
    const main = [
      packageFile.main,
      'server.js',
      'index.js',
      'app.js',
      'main.js',
      'index.mjs',
      'src/index.js',
      'src/server.js',
    ].find((path) => path !== undefined && existsSync(join(root, path)))
    if (main !== undefined) edits.push({ path: ['scripts', 'start'], after: `node ${options.join(' ')} ${main}` })
  }
  return edits
}

/** The script that starts telemetry, `start` or `dev` if there is one; without any, the command for it. */
function startCommand({ framework, packageManager }: Project, { options }: CodePlan, packageText: string): string {
  const { scripts = {} } = JSON.parse(packageText) as PackageFile
  const started = startScripts(scripts, options, '@swarmwatch/node/register').flatMap(({ name, kind }) =>
    kind === 'present' || options.length === 0 ? [name] : [],
  )
  const preferred = framework === 'next' ? ['dev', 'start'] : ['start', 'dev']
  const name = preferred.find((each) => started.includes(each)) ?? started[0]
  if (name !== undefined) return `${packageManager} ${name === 'start' ? 'start' : `run ${name}`}`
  return `node ${[...options, 'FILE'].join(' ')}        your program: package.json has no script that starts it`
}

/** Scripts that could not be changed and have no other that was, and hints for the frameworks of agents. */
function agentNotes({ packageFile, agents }: Project, options: readonly string[]): readonly string[] {
  const notes: string[] = []
  if (options.length > 0) {
    for (const script of startScripts(packageFile.scripts ?? {}, options, '@swarmwatch/node/register')) {
      if (script.kind === 'unknown') {
        notes.push(
          `script "${script.name}" was not changed: ${script.reason}; start node with --import @swarmwatch/node/register`,
        )
      }
    }
  }
  const hasOwnRetries = agents.filter((name) => /^(?:AI SDK|OpenAI|OpenAI Agents|LangChain|LangGraph|Anthropic)$/.test(name))
  if (hasOwnRetries.length > 0) {
    notes.push(
      `${hasOwnRetries.join(', ')}: the client retries failed requests, too; set its maxRetries to 0, so that retries do not multiply`,
    )
  }
  if (agents.includes('Claude Agent SDK'))
    notes.push('Claude Agent SDK: wrap query() with claudeAgent() of @swarmwatch/instrumentation')
  return notes
}

/** The text of a file; undefined if there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
