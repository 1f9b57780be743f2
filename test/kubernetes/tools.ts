import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import { repositoryRoot } from '@swarmwatch/testkit'

/** Programs that check what is in `deploy/` and `.github/`: built from source by Go, from its module proxy. */
const packages = {
  vmalert: 'github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert@v1.147.0',
  helm: 'helm.sh/helm/v4/cmd/helm@v4.3.2',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1',
  jsonnet: 'github.com/google/go-jsonnet/cmd/jsonnet@v0.22.0',
  'jsonnet-lint': 'github.com/google/go-jsonnet/cmd/jsonnet-lint@v0.22.0',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  jsonnetfmt: 'github.com/google/go-jsonnet/cmd/jsonnetfmt@v0.22.0',
} as const

/** A program that {@link installTools} can build. */
export type Tool = keyof typeof packages

/** All of them. */
export const allTools = Object.keys(packages) as readonly Tool[]

const run = promisify(execFile)

/** A folder for each version, so that a new one is built. */
function folderOf(name: Tool): string {
  return join(repositoryRoot, 'node_modules/.cache/kubernetes-tools', packages[name].replaceAll(/[^\w.@-]/g, '_'))
}

function pathOf(name: Tool): string {
  return join(folderOf(name), name)
}

/**
 * Builds the tools that are missing: seconds to three minutes for each, once for each version. Returns why it could not, and prints it; with
 * REQUIRE_STACK=1 it throws instead. Test files may call it at the same time.
 */
export async function installTools(...names: readonly Tool[]): Promise<string | undefined> {
  for (const name of names) {
    const reason = await install(name)
    if (reason === undefined) continue
    if (process.env['REQUIRE_STACK'] === '1') throw new Error(`REQUIRE_STACK=1, but ${reason}`)
    console.log(`skipped: ${reason} (REQUIRE_STACK=1 makes this an error)`)
    return reason
  }
  return undefined
}

/** Options of {@link runTool}. */
export interface RunToolOptions {
  readonly input?: string
  /** Whether the output of a run that ends with another code than 0 is a result. @default false */
  readonly acceptsFailure?: boolean
}

/** Runs a tool that is installed, in the root of the repository; returns its standard output. Rejects with all output when it fails. */
export async function runTool(
  name: Tool,
  args: readonly string[],
  { input = '', acceptsFailure = false }: RunToolOptions = {},
): Promise<string> {
  const { HOME = '', PATH = '' } = process.env
  const running = run(pathOf(name), args, {
    cwd: repositoryRoot,
    env: { HOME, PATH, NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  })
  running.child.stdin?.end(input)
  try {
    return (await running).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    if (acceptsFailure) return stdout
    throw new Error(`${name} ${args.join(' ')}:\n${stdout}${stderr}`, { cause: error })
  }
}

async function install(name: Tool): Promise<string | undefined> {
  if (existsSync(pathOf(name))) return undefined
  const release = await takeLock(`${folderOf(name)}.lock`, () => existsSync(pathOf(name)))
  try {
    if (existsSync(pathOf(name))) return undefined
    const go = await findGo()
    if (go === undefined) return `${name} is not installed, and there is no Go 1.21 or newer to build it (https://go.dev/dl)`
    const started = Date.now()
    console.log(`building ${packages[name]}`)
    await run(go, ['install', '-trimpath', '-ldflags=-s -w', packages[name]], {
      // A newer Go that a module asks for comes from the module proxy too
      env: { ...process.env, GOBIN: folderOf(name), GOTOOLCHAIN: 'auto', GOFLAGS: '', CGO_ENABLED: '0' },
      maxBuffer: 64 * 1024 * 1024,
    })
    console.log(`built ${name} in ${Math.round((Date.now() - started) / 1000)} s`)
    return undefined
  } catch (error) {
    return `${name} could not be built: ${(error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error)}`
  } finally {
    await release()
  }
}

/** `go` of the path, or where its installer puts it. */
async function findGo(): Promise<string | undefined> {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    const version = await run(go, ['env', 'GOVERSION']).then(
      ({ stdout }) => /^go1\.(\d+)/.exec(stdout)?.[1],
      () => undefined,
    )
    if (Number(version) >= 21) return go
  }
  return undefined
}

/** A folder is the lock, because making one is atomic; one that was left behind is taken over after fifteen minutes. */
async function takeLock(lock: string, isDone: () => boolean): Promise<() => Promise<void>> {
  await mkdir(join(lock, '..'), { recursive: true })
  while (!isDone()) {
    const isTaken = await mkdir(lock).then(
      () => true,
      () => false,
    )
    if (isTaken) return () => rm(lock, { recursive: true, force: true })
    const { mtimeMs = Date.now() } = await stat(lock).catch(() => ({ mtimeMs: undefined }))
    if (Date.now() - mtimeMs > 15 * 60_000) await rm(lock, { recursive: true, force: true })
    await delay(200)
  }
  return async () => {}
}
