import { readFileSync } from 'node:fs'

import { composeFile, networksOf, repositoryRoot, type ComposeFile } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { stackFiles } from '../src/index.ts'

const files = await stackFiles({ name: 'shop', folder: 'swarmwatch' })
const compose = parse(files['compose.yaml']!, { merge: true }) as ComposeFile
const ofRepository = composeFile()

test('the stack has the services of the repository, with a service of yours in place of the reference swarm', () => {
  const { 'agent-worker': _, ...others } = ofRepository.services
  const { app, ...rest } = compose.services
  expect(Object.keys(rest)).toEqual(Object.keys(others))
  expect(app).toMatchObject({ image: 'shop:latest', build: { context: '..', dockerfile: 'swarmwatch/app.Dockerfile' } })
  const withoutBuild = (services: object): object =>
    JSON.parse(
      JSON.stringify(services, (key, value: unknown) => (key === 'build' || key === 'image' ? undefined : value)),
    ) as object
  const expected = JSON.parse(JSON.stringify(withoutBuild(others)).replaceAll('pnpm secrets', 'npx swarmwatch secrets')) as object
  expect(withoutBuild(rest)).toEqual(expected)
})

test('your service is hardened like the others, and reaches only the Collector and the outside', () => {
  const { app } = compose.services
  expect(app).toMatchObject({
    user: '10001:10001',
    read_only: true,
    init: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
    secrets: ['otlp_token'],
  })
  expect(app!.mem_limit).toMatch(/^\d+m$/)
  const networks = networksOf(app!)
  expect(networks).toEqual(['ingest', 'app-egress'])
  const neighbours = Object.entries(compose.services).filter(
    ([name, service]) => name !== 'app' && networksOf(service).some((each) => networks.includes(each)),
  )
  expect(neighbours.map(([name]) => name)).toEqual(['otel-collector'])
})

test('every network, volume and secret that a service names is declared, and no other secret', () => {
  const services = Object.values(compose.services)
  expect(new Set(services.flatMap(networksOf))).toEqual(new Set(Object.keys(compose.networks)))
  expect(new Set(services.flatMap(({ secrets = [] }) => secrets))).toEqual(new Set(Object.keys(compose.secrets)))
})

test('configuration, rules and dashboards are those of the repository', () => {
  const same = Object.entries(files).filter(([path]) => /^(?:collector|grafana)\/|schema\.json$/.test(path))
  expect(same.length).toBeGreaterThan(20)
  for (const [path, text] of same) {
    const source = readFileSync(`${repositoryRoot}${path}`, 'utf8')
    const named = source
      .replaceAll('pnpm secrets', 'npx swarmwatch secrets')
      .replaceAll('docker-compose.production.yml', 'compose.yaml')
    expect(text, path).toBe(named)
  }
})

test('every file that a container mounts is part of the stack', () => {
  const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes)
  const folders = mounts.flatMap((mount) => /^\.\/([\w/-]+):/.exec(mount)?.[1] ?? [])
  expect(folders).toContain('collector/prometheus')
  const missing = folders.filter((folder) => !Object.keys(files).some((path) => path.startsWith(`${folder}/`)))
  expect(missing).toEqual([])
})

test('no file mentions the reference swarm, the commands of the repository, or a placeholder', () => {
  const found = Object.entries(files).filter(([path, text]) => {
    const isOwn = path !== 'config/production.schema.json'
    return isOwn && /agent-worker|pnpm@12\.21|pnpm secrets|docker-compose\.production|scripted-1|__[A-Z_]+__/.test(text)
  })
  expect(found.map(([path]) => path)).toEqual([])
})

test('every image that compose builds has a stage in the Dockerfile, with the packages of one version', () => {
  const stages = [...files['Dockerfile']!.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name)
  const targets = Object.values(compose.services).flatMap(({ build }) => build?.target ?? [])
  expect(targets).toEqual(['otel-collector', 'alert-bridge', 'advisor'])
  expect(targets.filter((target) => !stages.includes(target))).toEqual([])
  const version = (name: string): string =>
    (JSON.parse(readFileSync(`${repositoryRoot}packages/${name}/package.json`, 'utf8')) as { version: string }).version
  expect(files['Dockerfile']).toContain(`@swarmwatch/alert-bridge@${version('alert-bridge')}\n`)
  expect(files['Dockerfile']).toContain(`@swarmwatch/advisor@${version('advisor')}\n`)
})

test('a project with a Dockerfile of its own, in a deeper folder, is built from that', async () => {
  const { 'compose.yaml': text, ...others } = await stackFiles({
    name: 'a',
    folder: 'ops/watch',
    dockerfile: 'docker/Dockerfile',
  })
  const { app } = (parse(text!, { merge: true }) as ComposeFile).services
  expect(app).toMatchObject({ build: { context: '../..', dockerfile: 'docker/Dockerfile' } })
  expect(Object.keys(others)).not.toContain('app.Dockerfile')
  expect(others['app.env.example']).toContain('SWARMWATCH_OTLP_TOKEN_FILE=ops/watch/.secrets/otlp_token\n')
})

test.each([
  [{ name: 'My Shop', folder: 'x' }, 'name must be of a-z, 0-9 and "-", and neither begin nor end with "-", got "My Shop"'],
  [{ name: 'shop-', folder: 'x' }, 'name must be of a-z, 0-9 and "-", and neither begin nor end with "-", got "shop-"'],
  [{ name: 'shop', folder: '../x' }, 'folder must be a relative path of letters, digits, "_", "." and "-", got "../x"'],
  [{ name: 'shop', folder: '/x' }, 'folder must be a relative path of letters, digits, "_", "." and "-", got "/x"'],
])('%o cannot be used, with the reason', async (service, message) => {
  await expect(stackFiles(service)).rejects.toThrow(new RangeError(message))
})
