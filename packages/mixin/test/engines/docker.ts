import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { imageOf, whyNoEngines } from '@swarmwatch/testkit'

/** The programs that the production stack runs. */
export const image: Readonly<Record<'prometheus' | 'alertmanager' | 'collector', string>> = {
  prometheus: imageOf('prometheus'),
  alertmanager: imageOf('alertmanager'),
  collector: imageOf('otel-collector'),
}

/** Whether containers of all three can run on this machine. */
export const hasDocker: boolean = whyNoEngines('prometheus', 'alertmanager', 'otel-collector') === undefined

/** Whether tests that take half a minute are wanted: in CI, or with REQUIRE_STACK=1. */
export const wantsLongTests: boolean = process.env['REQUIRE_STACK'] === '1'

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
