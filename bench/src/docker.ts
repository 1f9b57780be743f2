import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Why containers cannot run; undefined where they can. */
export function whyNoDocker(): Promise<string | undefined> {
  return promisify(execFile)('docker', ['info']).then(
    () => undefined,
    () => 'Docker is not running',
  )
}
