import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { isNode, parse, parseDocument } from 'yaml'

/** The root of the repository. */
export const repositoryRoot: string = fileURLToPath(new URL('../../..', import.meta.url))

/** The version of all packages, images and the chart. A release changes it. */
export const repositoryVersion: string = (JSON.parse(read('package.json')) as { version: string }).version

/** The parts of a service that tests read. */
export interface Service {
  readonly image: string
  readonly build?: { readonly target: string }
  readonly user?: string
  readonly read_only?: boolean
  readonly init?: boolean
  readonly privileged?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly mem_limit?: string
  readonly cpus?: number
  readonly pids_limit?: number
  readonly stop_grace_period?: string
  readonly restart?: string
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> }
  readonly healthcheck?: { readonly test: readonly string[]; readonly start_period: string }
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>
  readonly network_mode?: string
  readonly ports?: readonly string[]
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly env_file?: unknown
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly tmpfs?: readonly string[]
}

/** The parts of docker-compose.production.yml that tests read. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<
    Record<
      string,
      { readonly internal?: boolean; readonly external?: boolean; readonly driver_opts?: Readonly<Record<string, string>> }
    >
  >
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

/** The names of a service's networks. */
export function networksOf({ networks = [] }: Pick<Service, 'networks'>): readonly string[] {
  return Array.isArray(networks) ? (networks as readonly string[]) : Object.keys(networks)
}

function read(file: string): string {
  return readFileSync(`${repositoryRoot}${file}`, 'utf8')
}

/**
 * Reads docker-compose.production.yml, and merges further files into it as Compose does for what these tests read: `extends` of its
 * services and `!override`; `${...}` is not replaced.
 */
export function composeFile(...files: readonly string[]): ComposeFile {
  const first = parse(read('docker-compose.production.yml'), { merge: true }) as ComposeFile
  return files.reduce((merged, file) => {
    const document = parseDocument(read(file), { merge: true, logLevel: 'error' })
    const added = document.toJS() as Partial<ComposeFile>
    const isOverride = (...path: readonly string[]): boolean => {
      const node = document.getIn(['services', ...path], true)
      return isNode(node) && node.tag === '!override'
    }
    const services = Object.entries(added.services ?? {}).map(([name, service]) => {
      const { extends: origin, ...own } = service as Service & { readonly extends?: { readonly service: string } }
      const base = isOverride(name) ? undefined : merged.services[origin?.service ?? name]
      const keptVolumes = isOverride(name, 'volumes') ? [] : (base?.volumes ?? [])
      const keptNetworks = isOverride(name, 'networks') || base === undefined ? [] : networksOf(base)
      const volumes = new Map([...keptVolumes, ...(own.volumes ?? [])].map((each) => [each.split(':')[1], each]))
      return [
        name,
        {
          ...base,
          ...own,
          environment: { ...base?.environment, ...own.environment },
          secrets: [...(base?.secrets ?? []), ...(own.secrets ?? [])],
          volumes: [...volumes.values()],
          networks: [...new Set([...keptNetworks, ...networksOf(own)])],
        },
      ] as const
    })
    return {
      services: { ...merged.services, ...Object.fromEntries(services) },
      networks: { ...merged.networks, ...added.networks },
      volumes: { ...merged.volumes, ...added.volumes },
      secrets: { ...merged.secrets, ...added.secrets },
    }
  }, first)
}

/**
 * Returns the published image that a service of docker-compose.production.yml runs, with its tag: `prom/prometheus:v3.16.0`. For an image
 * that Dockerfile.production builds, that is the image it is built from.
 */
export function imageOf(service: string): string {
  const found = composeFile().services[service]
  if (found === undefined) throw new Error(`docker-compose.production.yml has no service ${service}`)
  const { image, build } = found
  if (build === undefined) return image
  const dockerfile = readFileSync(`${repositoryRoot}Dockerfile.production`, 'utf8')
  const baseOf = new Map(Array.from(dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm), ([, base, stage]) => [stage!, base!]))
  let base = baseOf.get(build.target)
  if (base === undefined) throw new Error(`Dockerfile.production has no stage ${build.target}`)
  // A stage may begin with another one, and that with an image of the same name: FROM busybox AS busybox
  for (let next = baseOf.get(base); next !== undefined && next !== base; next = baseOf.get(base)) base = next
  return base
}

/**
 * Returns why containers of these services cannot run on this machine, and prints it; returns undefined when they can.
 * With REQUIRE_STACK=1 it throws instead, so that nothing is skipped in CI.
 */
export function whyNoEngines(...services: readonly string[]): string | undefined {
  const reason = missingEngine(services.map(imageOf))
  if (reason === undefined) return undefined
  if (process.env['REQUIRE_STACK'] === '1') throw new Error(`REQUIRE_STACK=1, but ${reason}`)
  console.log(`skipped: ${reason} (REQUIRE_STACK=1 makes this an error)`)
  return reason
}

/** Why the image of the Collector cannot run `collector/otelcol/fewer-series.yaml`; undefined if it can. Call it where Docker runs. */
export function whyNoSums(): string | undefined {
  const args = ['run', '--rm', '--pull', 'never', '--network', 'none', imageOf('otel-collector'), 'components']
  const { stdout } = spawnSync('docker', args, { encoding: 'utf8' })
  const all = ['cumulative_to_delta', 'filter', 'interval', 'transform']
  const lacking = all.filter((name) => !new RegExp(`name: ${name}$`, 'm').test(stdout))
  return lacking.length === 0 ? undefined : `the image of the Collector lacks ${lacking.join(', ')}`
}

function missingEngine(images: readonly string[]): string | undefined {
  if (spawnSync('docker', ['version']).status !== 0) return 'Docker does not run here'
  const missing = images.find((image) => spawnSync('docker', ['image', 'inspect', image]).status !== 0)
  return missing === undefined ? undefined : `the image ${missing} is not on this machine`
}
