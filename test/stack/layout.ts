import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { composeFile, root } from './compose-file.ts'

/** What the stack is made of, as an operator has it after cloning. */
const parts = ['docker-compose.production.yml', '.env.production.example', 'collector', 'config', 'grafana']

/** Services whose images cannot be had on this machine; it is said that they were left out. */
export function missingServices(): readonly string[] {
  const present = new Set(
    execFileSync('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' }).split('\n'),
  )
  const missing = Object.entries(composeFile().services).flatMap(([name, { image, build }]) =>
    build === undefined && !present.has(image) ? [{ name, image }] : [],
  )
  for (const { name, image } of missing) console.log(`left out: ${name}, because its image ${image} is not on this machine`)
  return missing.map(({ name }) => name)
}

/**
 * Lays the stack out in a new folder: a copy of what is committed, `.env.production` with `settings`, and `.secrets/` as `pnpm secrets`
 * makes it. The only thing changed is that Prometheus does not ask for services that cannot run here.
 */
export function layOut(settings: Readonly<Record<string, string>>, without: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-stack-'))
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true })
  const prometheus = join(folder, 'collector/prometheus/prometheus.yaml')
  const jobs = new RegExp(`^  - job_name: (?:${without.join('|')})\\n(?:    .*\\n)+`, 'gm')
  if (without.length > 0) writeFileSync(prometheus, readFileSync(prometheus, 'utf8').replaceAll(jobs, ''))

  const environment = Object.entries(settings).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^${name}=.*$`, 'm'), () => `${name}=${value}`),
    readFileSync(join(folder, '.env.production.example'), 'utf8'),
  )
  writeFileSync(join(folder, '.env.production'), environment)
  makeSecrets(folder)
  return folder
}

/** `pnpm secrets` in that folder. */
function makeSecrets(folder: string): void {
  const program = join(root, 'packages/secrets/src/main.ts')
  execFileSync(process.execPath, ['--conditions=swarmwatch-source', program, folder], { encoding: 'utf8' })
}
