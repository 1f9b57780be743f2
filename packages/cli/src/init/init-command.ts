import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

import { ConfigurationError } from '@swarmwatch/config'
import { asJson, type CommandLine, type ExitCode, swarmwatchCommands } from '@swarmwatch/config/command-line'

import { applyPlan, applyRemove, planRemove, type RemovePlan } from './apply.ts'
import { install, lockFileOf } from './install.ts'
import { makeLocalFiles } from './local-files.ts'
import type { PackageFile } from './package-file.ts'
import { type InitPlan, planInit } from './plan.ts'
import { type Project, readProject } from './project.ts'
import { hasStack, type InitRecord, readRecord, writeRecord } from './record.ts'
import { shownChanges } from './shown-changes.ts'

interface InitOptions {
  readonly yes?: true
  readonly dryRun?: true
  readonly update?: true
  readonly remove?: true
  readonly force?: true
  readonly folder: string
  readonly install: boolean
  /** False with `--no-stack`. */
  readonly stack: boolean
  readonly json?: true
}

/** Adds `swarmwatch init` to a command line. */
export function addInitCommand({ program, action }: CommandLine, version: string): void {
  program
    .command('init')
    .description(swarmwatchCommands.init)
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'show the changes and write nothing')
    .option('--update', 'merge the files of this version into those of an earlier init; your changes stay')
    .option('--remove', 'remove everything that init added; your changes stay')
    .option('--force', 'with --remove: also remove files of the stack that you have changed')
    .option('--no-stack', 'add only the dependencies and the start of telemetry, for a stack that you have already')
    .option('--folder <folder>', 'the folder of the stack', 'swarmwatch')
    .option('--no-install', 'leave the installation of the dependencies to you')
    .option('--json', 'print the changes as JSON')
    .addHelpText(
      'after',
      `
Examples:
  npx swarmwatch init                          show what would change, and ask
  npx swarmwatch init --yes                    in a script
  npx swarmwatch init --no-stack               send telemetry to a Collector that you have
  npx swarmwatch@latest init --update          merge a newer version
  npx swarmwatch init --remove                 uninstall`,
    )
    .action(
      action((options: InitOptions) => {
        const problems = [...(options.update ? ['--update'] : []), ...(options.stack ? [] : ['--no-stack'])]
        if (options.remove && problems.length > 0) {
          throw new ConfigurationError(problems.map((path) => ({ path, rule: 'cannot be used with --remove' })))
        }
        return options.remove ? removeFrom(process.cwd(), options) : initialize(process.cwd(), options, version)
      }),
    )
}

async function initialize(root: string, options: InitOptions, version: string): Promise<ExitCode> {
  const folder = folderOf(options)
  const record = readRecord(join(root, folder))
  if (options.update && record === undefined) throw noRecord(folder)
  if (!options.stack && record !== undefined && hasStack(record)) {
    throw new ConfigurationError([
      { path: '--no-stack', rule: `cannot be used with a stack, and ${folder} is one; run npx swarmwatch init --remove first` },
    ])
  }
  const project = await readProject(root)
  const withStack = record === undefined ? options.stack : hasStack(record)
  const plan = await planInit(project, { folder, version, record, withStack }).catch((error: unknown) => {
    if (error instanceof RangeError) throw new ConfigurationError([{ path: '--folder', rule: error.message }])
    throw error
  })
  const isNothing = plan.changes.length === 0
  if (options.json) console.log(asJson(planAsJson(project, plan, options.dryRun !== true)))
  else {
    console.log(shownProject(project))
    const recorded =
      record === undefined ? `\n${styleText('green', `+ ${folder}/.init/`)}  the record for --update and --remove` : ''
    console.log(isNothing ? 'Nothing to change.' : `\n${shownChanges(plan.changes, folder)}${recorded}\n`)
    printConflicts(plan.conflicts)
    printNotes([...plan.notes, ...(options.stack && !withStack ? [noStack] : [])])
  }
  if (isNothing || options.dryRun) {
    // The versions are equal now, even if no file differs
    if (isNothing && !options.dryRun && record !== undefined) writeRecord(join(root, folder), plan.record)
    return 0
  }
  if (!(await mayGoOn(options, 'Write these changes?'))) return 1
  applyPlan(root, plan)
  const log = (text: string): void => (options.json ? console.error(text) : console.log(text))
  if (withStack) makeLocalFiles(join(root, folder), log)
  const made = withStack ? `, secrets made in ${folder}/.secrets` : ''
  log(`${styleText('green', 'done')}  ${plan.changes.length} ${plan.changes.length === 1 ? 'file' : 'files'} written${made}`)
  if (plan.needsInstall && options.install && !(await installInto(project, plan, log))) return 1
  if (!options.json) console.log(nextSteps(plan, folder))
  return plan.conflicts.length > 0 ? 1 : 0
}

async function installInto(project: Project, { record, service }: InitPlan, log: (text: string) => void): Promise<boolean> {
  log(`      installing with ${project.packageManager} ...`)
  const had = lockFileOf(project)
  const installed = await install(project)
  const created = had === undefined ? lockFileOf(project) : undefined
  if (created !== undefined) {
    writeRecord(join(project.root, service.folder), { ...record, createdLockFile: created })
  }
  if (installed.isDone) {
    log(`${styleText('green', 'done')}  installed in ${installed.seconds.toFixed(0)} s`)
    return true
  }
  console.error(installed.output.trimEnd())
  console.error(
    `${installed.command} failed; the files are written. Run it again, or take them back: npx swarmwatch init --remove`,
  )
  return false
}

async function removeFrom(root: string, options: InitOptions): Promise<ExitCode> {
  const folder = folderOf(options)
  const record = readRecord(join(root, folder))
  if (record === undefined) throw noRecord(folder)
  const running = containersOf(record)
  if (running.length > 0 && !options.dryRun) {
    throw new ConfigurationError([
      {
        path: folder,
        rule: `has ${running.length} containers; remove them and their data first: docker compose --project-directory ${folder} --profile app down --volumes --rmi local`,
      },
    ])
  }
  const plan = planRemove(root, record)
  if (options.json) console.log(asJson({ changes: plan.changes.map(({ path }) => path), yours: plan.yours, notes: plan.notes }))
  else printRemoval(plan, folder, options.force === true)
  if (options.dryRun) return 0
  if (!(await mayGoOn(options, 'Remove these?'))) return 1
  applyRemove(root, record, plan, { force: options.force === true })
  const log = (text: string): void => (options.json ? console.error(text) : console.log(text))
  const project = existsSync(join(root, 'package.json')) ? await readProject(root) : undefined
  if (plan.needsInstall && options.install && project !== undefined) {
    log(`      uninstalling with ${project.packageManager} ...`)
    const { isDone, command, output } = await install(project)
    if (!isDone) {
      console.error(output.trimEnd())
      console.error(`${command} failed: run it again, so that node_modules and the lock file match package.json`)
      return 1
    }
    removeCreated(project, record)
    removeEmptyFolder(join(root, 'node_modules', '@swarmwatch'))
  }
  log(`${styleText('green', 'done')}  removed`)
  return 0
}

/** Without other dependencies, the lock file and `node_modules` are what `init` made. */
function removeCreated({ root, packageFile }: Project, { createdLockFile, hadModules, packageBefore }: InitRecord): void {
  const { dependencies, devDependencies } = JSON.parse(packageBefore) as PackageFile
  const isSame =
    JSON.stringify([dependencies, devDependencies]) === JSON.stringify([packageFile.dependencies, packageFile.devDependencies])
  if (createdLockFile !== undefined && isSame) rmSync(join(root, createdLockFile), { force: true })
  const isEmpty = Object.keys({ ...packageFile.dependencies, ...packageFile.devDependencies }).length === 0
  if (!hadModules && isEmpty) rmSync(join(root, 'node_modules'), { recursive: true, force: true })
}

/** npm leaves the folder of a scope behind. */
function removeEmptyFolder(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
}

function noRecord(folder: string): ConfigurationError {
  return new ConfigurationError([
    { path: folder, rule: 'was not made by init; run npx swarmwatch init first, or name the folder with --folder' },
  ])
}

/** Ids of the containers of a stack, running or not; none without Docker. */
function containersOf({ service }: InitRecord): readonly string[] {
  const label = `label=com.docker.compose.project=${service.name}-swarmwatch`
  const { status, stdout } = spawnSync('docker', ['ps', '--all', '--quiet', '--filter', label], { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n').filter(Boolean) : []
}

async function mayGoOn({ yes }: InitOptions, question: string): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY) {
    throw new ConfigurationError([
      { path: 'arguments', rule: 'must have --yes or --dry-run where no one can be asked (standard input is no terminal)' },
    ])
  }
  const asked = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/i.test((await asked.question(`${question} [y/N] `)).trim())
  } finally {
    asked.close()
  }
}

function shownProject(project: Project): string {
  const { serviceName, packageManager, framework, frameworkVersion, agents, telemetry, vendors } = project
  const present = {
    none: 'none',
    file: telemetry.kind === 'file' ? `${telemetry.call} in ${telemetry.path}` : '',
    option: 'started by an option or the environment',
  }[telemetry.kind]
  const rows: readonly (readonly [string, string])[] = [
    ['Service', serviceName],
    ['Package manager', packageManager],
    ['Framework', framework === 'plain' ? 'none' : `${framework} ${frameworkVersion ?? ''}`.trim()],
    ['Agents', agents.length === 0 ? 'no known framework' : agents.join(', ')],
    ['OpenTelemetry', [present, ...vendors].join(', ')],
  ]
  return rows.map(([name, value]) => `${styleText('bold', name.padEnd(16))} ${value}`).join('\n')
}

function printConflicts(conflicts: readonly string[]): void {
  for (const path of conflicts) {
    console.log(
      `${styleText('red', 'conflict')}  ${path} has changes of yours in the same place: it stays, and the newer one is ${path}.new. Compare them, then delete ${path}.new`,
    )
  }
}

function printNotes(notes: readonly string[]): void {
  for (const note of notes) console.log(`${styleText('yellow', 'note')}  ${note}`)
}

function printRemoval({ changes, yours, notes }: RemovePlan, folder: string, force: boolean): void {
  const [files, edits] = [
    changes.filter(({ path, after }) => after === undefined && path.startsWith(`${folder}/`)),
    changes.filter(({ path, after }) => after !== undefined || !path.startsWith(`${folder}/`)),
  ]
  console.log(shownChanges(edits, folder))
  const local = files.length > 0 ? `${files.length} files, .secrets and settings of this machine` : 'the record of init'
  console.log(`${styleText('red', `- ${folder}/`)}  ${local}`)
  for (const path of yours) {
    console.log(
      `${styleText('yellow', 'note')}  ${path} is yours or has changes of yours: it ${force ? 'is removed, too' : 'stays (with --force it is removed, too)'}`,
    )
  }
  printNotes(notes)
}

const noStack = 'this project has no stack (--no-stack); to add it, run npx swarmwatch init --remove, then npx swarmwatch init'

function nextSteps({ conflicts, start, hasStatusPage, record }: InitPlan, folder: string): string {
  const page = (port: number): string => (hasStatusPage ? `Status page http://127.0.0.1:${port}/` : '')
  const lines = hasStack(record)
    ? [
        `  docker compose --project-directory ${folder} up --detach --wait`,
        `  ${start}`,
        wrapLine,
        `${[page(8081), 'Grafana http://127.0.0.1:8080/'].filter(Boolean).join(', ')} (admin, ${folder}/.secrets/grafana_admin_password).`,
      ]
    : [
        `  ${start}`,
        wrapLine,
        ...(hasStatusPage
          ? [
              `${page(8080)}, metrics http://127.0.0.1:9090/metrics.`,
              'For traces and metrics elsewhere, set OTEL_EXPORTER_OTLP_ENDPOINT to the address of your Collector.',
            ]
          : []),
      ]
  return [
    `\n${styleText('bold', 'Next:')}`,
    ...lines,
    ...(conflicts.length > 0 ? [`There are ${conflicts.length} conflicts, see above.`] : []),
  ].join('\n')
}

const wrapLine = "Wrap the function that is your agent: instrumentAgent(fn, { name: 'my-agent' }) of @swarmwatch/sdk."

function planAsJson(project: Project, plan: InitPlan, isWritten: boolean): object {
  const { serviceName, packageManager, framework, agents, telemetry, vendors } = project
  return {
    project: { serviceName, packageManager, framework, agents, telemetry, vendors },
    isWritten,
    changes: plan.changes.map(({ path, before, after }) => ({
      path,
      kind: before === undefined ? 'create' : after === undefined ? 'delete' : 'edit',
    })),
    conflicts: plan.conflicts,
    notes: plan.notes,
  }
}

/** The folder of the stack without `./` and slashes at the end. */
function folderOf({ folder }: InitOptions): string {
  return folder.replace(/^\.\//, '').replace(/\/+$/, '')
}

/** A folder below the current one, as an absolute path. */
export function below(folder: string): string {
  return resolve(process.cwd(), folder)
}
