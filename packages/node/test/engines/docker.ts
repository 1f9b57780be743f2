import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs `docker` and gives its output. Rejects with what it said on failure. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', args, { timeout: 30_000, maxBuffer: 50_000_000 })
  return stdout.trim()
}

export const images = {
  collector: 'otel/opentelemetry-collector-contrib:0.165.0',
  prometheus: 'prom/prometheus:v3.16.0',
} as const

/** Why the engines cannot run here; undefined when they can. With REQUIRE_STACK=1 that is an error. */
export async function whyNoEngines(): Promise<string | undefined> {
  const reason = await missing()
  if (reason === undefined) return undefined
  if (process.env['REQUIRE_STACK'] === '1') throw new Error(`REQUIRE_STACK=1, but ${reason}`)
  console.log(`engine tests are skipped: ${reason}`)
  return reason
}

async function missing(): Promise<string | undefined> {
  for (const image of Object.values(images)) {
    try {
      await docker('image', 'inspect', '--format', '{{.Id}}', image)
    } catch (error) {
      return /No such image/i.test(String(error)) ? `the image ${image} is not here` : 'there is no docker engine'
    }
  }
  return undefined
}

/** Removes what a test has made, whatever of it exists; the last made first. */
export async function removeAll(made: readonly (readonly [kind: 'container' | 'network', name: string])[]): Promise<void> {
  for (const [kind, name] of made.toReversed()) {
    await docker(...(kind === 'container' ? ['rm', '--force', '--volumes', name] : ['network', 'rm', name])).catch(() => {})
  }
}
