import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

/** The programs that the production stack runs. */
export const image = {
  prometheus: 'prom/prometheus:v3.16.0',
  alertmanager: 'prom/alertmanager:v0.33.1',
  collector: 'otel/opentelemetry-collector-contrib:0.165.0',
} as const

/** Whether the real programs can be run. Without Docker that is said, and the tests are skipped unless REQUIRE_STACK=1. */
export const hasDocker: boolean = canRun()

/** Whether tests that take half a minute are wanted: in CI, or with REQUIRE_STACK=1. */
export const wantsLongTests: boolean = process.env['REQUIRE_STACK'] === '1'

function canRun(): boolean {
  if (process.env['REQUIRE_STACK'] === '1') return true
  try {
    for (const name of Object.values(image)) execFileSync('docker', ['image', 'inspect', name], { stdio: 'ignore' })
    return true
  } catch {
    console.log('skipped: needs Docker with the images of Prometheus, Alertmanager and the Collector (REQUIRE_STACK=1 insists)')
    return false
  }
}

/** What a program wrote, and how it ended. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs a program of an image to its end. Mounts are read-only: path inside, path outside. */
export async function runOnce(
  imageName: string,
  entrypoint: string,
  args: readonly string[],
  mounts: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const volumes = Object.entries(mounts).flatMap(([inside, folder]) => ['--volume', `${folder}:${inside}:ro`])
  const command = [
    'run',
    '--rm',
    '--pull',
    'never',
    '--network',
    'none',
    ...volumes,
    '--entrypoint',
    entrypoint,
    imageName,
    ...args,
  ]
  try {
    const { stdout, stderr } = await promisify(execFile)('docker', command, { maxBuffer: 64 * 1024 * 1024 })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, output: stdout + stderr }
  }
}
