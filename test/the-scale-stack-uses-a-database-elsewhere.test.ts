import { execFileSync, spawnSync } from 'node:child_process'

import { repositoryRoot } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0
if (!hasCompose && process.env['REQUIRE_STACK'] === '1') throw new Error('REQUIRE_STACK=1, but there is no docker compose')
if (!hasCompose) console.log('skipped: the files of Compose together; there is no docker compose')

interface Service {
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly secrets?: readonly { readonly source: string }[]
}

/** The services that Compose makes of these files. */
function servicesOf(...files: readonly string[]): Readonly<Record<string, Service>> {
  const args = ['compose', ...files.map((file) => `--file=${file}`), 'config', '--format=json']
  const { PATH, HOME } = process.env
  const text = execFileSync('docker', args, { cwd: repositoryRoot, encoding: 'utf8', env: { PATH, HOME, MONITOR_PORT: '3000' } })
  return (JSON.parse(text) as { services: Record<string, Service> }).services
}

describe.runIf(hasCompose)('docker-compose.own-postgres.yml', () => {
  test('removes the database of docker-compose.scale.yml, and what waits for it, and nothing else', () => {
    const scale = ['docker-compose.production.yml', 'docker-compose.scale.yml']
    const { postgres, ...others } = servicesOf(...scale)
    expect(postgres).toBeDefined()
    const own = servicesOf(...scale, 'docker-compose.own-postgres.yml')
    expect(Object.keys(own)).toEqual(Object.keys(others))
    for (const [name, service] of Object.entries(others)) {
      const { postgres: _, ...rest } = service.depends_on ?? {}
      const { depends_on: dependsOn = {}, ...found } = own[name]!
      const { depends_on: __, ...expected } = service
      expect(dependsOn, name).toEqual(rest)
      expect(found, name).toEqual(expected)
    }
    expect(own['bridge-a']?.secrets?.map(({ source }) => source)).toContain('bridge_database_url')
  })
})
