import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

import { isSecretName } from '@swarmwatch/config'
import { composeFile, networksOf, repositoryRoot } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { connectionsOfScale, writtenConnections } from './stack/connections.ts'

const { services, networks, secrets } = composeFile()
const scaled = composeFile('docker-compose.scale.yml')
const files = [
  { file: 'docker-compose.production.yml', compose: composeFile() },
  { file: 'docker-compose.region.yml', compose: composeFile('docker-compose.region.yml') },
  { file: 'docker-compose.scale.yml', compose: scaled },
]
const servicesOfFiles = files.flatMap(({ file, compose }) =>
  Object.entries(compose.services).map(([name, service]) => ({ file, compose, name, service })),
)
const dockerfile = readFileSync(`${repositoryRoot}Dockerfile.production`, 'utf8')

const megabytes = (size: string): number => Number.parseFloat(size) * { m: 1, g: 1024 }[size.slice(-1) as 'm' | 'g']

describe.for(servicesOfFiles)('$name of $file', ({ compose: { volumes, secrets }, name, service }) => {
  test('runs as a number other than 0', () => expect(service.user).toMatch(/^[1-9]\d*:\d+$/))
  test('has a read-only repositoryRoot', () => expect(service.read_only).toBe(true))
  test('has no capability and gets no new privileges', () => {
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect([service.cap_add, service.privileged, service.network_mode]).toEqual([undefined, undefined, undefined])
  })
  test('has limits of memory, processor and processes', () => {
    expect(service.mem_limit).toMatch(/^\d+[mg]$/)
    expect(service.cpus).toBeGreaterThan(0)
    expect(service.pids_limit).toBeGreaterThan(0)
  })
  // PostgreSQL has no limit of its own: its buffers and connections are bounded
  test.skipIf(name === 'postgres')('knows its memory limit and stays 10 to 40 % below', () => {
    const { GOMEMLIMIT: go, NODE_OPTIONS: node } = service.environment ?? {}
    const [, proxy] = /^haproxy .*-m (\d+) /.exec(service.command?.join(' ') ?? '') ?? []
    const own = Number(/^(\d+)MiB$/.exec(go ?? '')?.[1] ?? /--max-old-space-size=(\d+)/.exec(node ?? '')?.[1] ?? proxy)
    expect(own / megabytes(service.mem_limit!)).toBeGreaterThan(0.6)
    expect(own / megabytes(service.mem_limit!)).toBeLessThan(0.9)
  })
  test('has a health check and time to start and to stop', () => {
    expect(service.healthcheck?.test[0]).toBe('CMD')
    expect(service.healthcheck?.start_period).toMatch(/^\d+s$/)
    expect(service.stop_grace_period).toMatch(/^\d+[sm]$/)
  })
  test('comes back after a crash, with one process that passes signals on', () =>
    expect(service).toMatchObject({ restart: 'unless-stopped', init: true }))
  test('keeps its logs within bounds', () =>
    expect(service.logging).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } }))
  test('its image is pinned by a tag of a version', () =>
    expect(service.image).toMatch(name === 'postgres' ? /:17-trixie$/ : /:v?\d+\.\d+\.\d+$/))
  test('its secrets are files, and nothing in its environment is one', () => {
    expect(service.env_file).toBeUndefined()
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (isSecretName(variable)) expect(String(value)).toMatch(/^\/run\/secrets\/[\w.]+$/)
    }
    for (const secret of service.secrets ?? []) expect(secrets[secret]?.file).toBe(`.secrets/${secret}`)
  })
  test('what it reads of this folder is read-only and has a label for SELinux, and there is no way to Docker', () => {
    for (const volume of service.volumes ?? []) {
      if (volume.startsWith('.'))
        expect(volume).toMatch(/^\.\/(?:config|collector|grafana|\.secrets\/regions)\b[^:]*:[^:]+:ro,z$/)
      else expect(volumes).toHaveProperty(volume.split(':')[0]!)
      expect(volume).not.toContain('docker.sock')
    }
  })
  test('keeps what it must not lose in a volume of its own', () => {
    // A worker keeps nothing: it reports the tasks that it had not begun when it stops; the advisor reads Prometheus again
    // Of several bridges, the database keeps what they must not lose
    const isOfSeveral = /^bridge-[ab]$/.test(name) || service.image.includes('bridge-proxy')
    const isStateless = name === 'agent-worker' || name === 'advisor' || isOfSeveral
    expect(service.volumes?.filter((volume) => !volume.startsWith('.'))).toHaveLength(isStateless ? 0 : 1)
  })
  test('what it publishes is Grafana or OTLP, on 127.0.0.1', () => {
    const published: Readonly<Record<string, number>> = { grafana: 1, 'otel-collector': 2 }
    expect(service.ports ?? []).toHaveLength(published[name] ?? 0)
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\$\{/)
  })
})

describe('docker-compose.scale.yml', () => {
  /** The service of docker-compose.production.yml of which this is one of several. */
  const kindOf = (name: string): string => name.replace(/^bridge-[ab]$/, 'alert-bridge').replace(/-b$/, '')
  const added = connectionsOfScale()
  const all = Object.keys(scaled.services)

  test('two services share a network only if a connection of theirs, or of their kind, is listed', () => {
    const pairs = all.flatMap((one, index) => all.slice(index + 1).map((other) => [one, other] as const))
    const shared = pairs.filter(([one, other]) =>
      networksOf(scaled.services[one]!).some((network) => networksOf(scaled.services[other]!).includes(network)),
    )
    const { connections, tolerated } = writtenConnections()
    const kinds = [...connections, ...tolerated, ...added].map(({ from, to }) => [kindOf(from), kindOf(to)].toSorted().join())
    const unknown = shared.filter(([one, other]) => {
      const pair = [kindOf(one), kindOf(other)]
      return pair[0] !== pair[1] && !kinds.includes(pair.toSorted().join())
    })
    expect(unknown).toEqual([])
  })

  test('services whose connection it lists share a network', () => {
    const between = added.filter(({ to }) => to !== 'outside')
    const apart = between.filter(
      ({ from, to }) => !networksOf(scaled.services[from]!).some((network) => networksOf(scaled.services[to]!).includes(network)),
    )
    expect(apart).toEqual([])
  })

  test('a way out belongs to services of one kind', () => {
    for (const [network, { internal }] of Object.entries(scaled.networks)) {
      if (internal === true) continue
      const kinds = all.filter((name) => networksOf(scaled.services[name]!).includes(network)).map(kindOf)
      expect(new Set(kinds).size, network).toBeLessThanOrEqual(1)
    }
  })

  test('its proxy and its database have no way out, and publish nothing', () => {
    for (const name of ['alert-bridge', 'postgres']) {
      const { ports, ...service } = scaled.services[name]!
      expect(ports ?? []).toEqual([])
      expect(networksOf(service).filter((network) => !scaled.networks[network]?.internal)).toEqual([])
    }
  })
})

const { connections, tolerated } = writtenConnections()
const hasWayOut = (name: string): boolean =>
  networksOf(services[name]!).some((network) => !networks[network]?.internal && networks[network]?.driver_opts === undefined)

test('two services share a network exactly if deploy/connections.yaml connects them', () => {
  const names = Object.keys(services)
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other] as const))
  const isShared = ([one, other]: readonly [string, string]): boolean =>
    networksOf(services[one]!).some((network) => networksOf(services[other]!).includes(network))
  const isListed = ([one, other]: readonly [string, string]): boolean =>
    [...connections, ...tolerated].some(({ from, to }) => [one, other].includes(from) && [one, other].includes(to))
  expect(pairs.filter(isShared)).toEqual(pairs.filter(isListed))
})

test('a way out belongs to one service, which deploy/connections.yaml lists; what is published has none', () => {
  const listed = connections.filter(({ to }) => to === 'outside').map(({ from }) => from)
  expect(Object.keys(services).filter(hasWayOut).toSorted()).toEqual(listed.toSorted())
  const published = connections.filter(({ from }) => from === 'machine').map(({ to }) => to)
  expect(published.filter(hasWayOut)).toEqual([])
  for (const [network, { internal, driver_opts: options }] of Object.entries(networks)) {
    if (internal === true) continue
    expect(Object.values(services).filter((service) => networksOf(service).includes(network))).toHaveLength(1)
    if (options !== undefined) expect(options).toEqual({ 'com.docker.network.bridge.enable_ip_masquerade': 'false' })
  }
})

test('a worker connects to the Collector and the outside, and nothing connects to it', () => {
  const all = [...connections, ...tolerated]
  const ofWorker = all.filter(({ from }) => from === 'agent-worker')
  expect(ofWorker.map(({ to, ports }) => ({ to, ports }))).toEqual([
    { to: 'otel-collector', ports: [4317, 4318] },
    { to: 'outside', ports: undefined },
  ])
  expect(all.filter(({ to }) => to === 'agent-worker')).toEqual([])
})

test('a connection that is only tolerated is harmless for the documented reason', () => {
  for (const { from, to, because } of tolerated) {
    expect(because).toBe(
      to === 'mailpit' ? 'trial mailbox' : ['jaeger', 'alert-bridge'].includes(to) ? 'no way out' : 'credential',
    )
    if (because === 'no way out') expect(hasWayOut(from), from).toBe(false)
  }
})

test('no setting that config/production.yaml has gets a value from the compose file', () => {
  const page = readFileSync(`${repositoryRoot}docs/configuration.md`, 'utf8')
  const inFile = [...page.matchAll(/^\| `([A-Z_]+)` +\| `[a-z_.]+` +\|/gm)].map(([, name]) => name!)
  expect(inFile).toContain('MAX_RETRIES')
  const example = parseEnv(readFileSync(`${repositoryRoot}.env.production.example`, 'utf8'))
  for (const name of inFile) {
    expect(services['agent-worker']?.environment?.[name]).toBe(`\${${name}:-}`)
    expect(example[name]).toBe('')
  }
})

test('the jobs of Prometheus are the services', () => {
  const prometheus = readFileSync(`${repositoryRoot}collector/prometheus/prometheus.yaml`, 'utf8')
  const jobs = [...prometheus.matchAll(/job_name: (\S+)/g)].map(([, job]) => job!)
  const watched = Object.keys(services).filter((name) => !['agent-worker', 'mailpit'].includes(name))
  expect(jobs.toSorted()).toEqual(watched.toSorted())
})

test('every variable of the compose file is explained in .env.production.example, and every one there is used', () => {
  const example = readFileSync(`${repositoryRoot}.env.production.example`, 'utf8')
  const text = files.map(({ file }) => readFileSync(`${repositoryRoot}${file}`, 'utf8')).join('')
  const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name!))
  const given = Object.keys(parseEnv(example))
  const asSecrets = Object.keys(scaled.secrets).flatMap((name) => [name.toUpperCase(), `${name.toUpperCase()}_FILE`])
  expect([...asked].filter((name) => !given.includes(name))).toEqual([])
  expect(given.filter((name) => !asked.has(name) && !asSecrets.includes(name))).toEqual([])
  // each line of a variable follows a sentence
  for (const name of given) expect(example).toMatch(new RegExp(`^# .*\\.\\n(?:[A-Z_]+=.*\\n)?${name}=`, 'm'))
})

test('the variables that the Python system had are all there', () => {
  const ofMission = ['MONITOR_PORT', 'MONITOR_INTERVAL', 'METRICS_PORT', 'METRICS_EXPORT_INTERVAL']
  ofMission.push('MAX_RETRIES', 'BASE_RETRY_DELAY', 'MAX_RETRY_DELAY', 'ALERT_SLACK_WEBHOOK')
  ofMission.push(...['HOST', 'PORT', 'USER', 'PASSWORD'].map((part) => `ALERT_EMAIL_${part}`))
  const given = parseEnv(readFileSync(`${repositoryRoot}.env.production.example`, 'utf8'))
  expect(ofMission.filter((name) => !(name in given))).toEqual([])
})

test('Grafana requires a password, and makes no outgoing calls', () => {
  expect(services['grafana']?.environment).toMatchObject({
    GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/secrets/grafana_admin_password',
    GF_AUTH_ANONYMOUS_ENABLED: 'false',
    GF_USERS_ALLOW_SIGN_UP: 'false',
    GF_SECURITY_DISABLE_GRAVATAR: 'true',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
    GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
    GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
  })
  const settings = readFileSync(`${repositoryRoot}grafana/grafana.ini`, 'utf8')
  for (const name of ['reporting_enabled', 'check_for_updates', 'check_for_plugin_updates', 'news_feed_enabled']) {
    expect(settings).toMatch(new RegExp(`^${name} = false$`, 'm'))
  }
})

test('the example file holds no secret', () => {
  const example = parseEnv(readFileSync(`${repositoryRoot}.env.production.example`, 'utf8'))
  for (const name of Object.keys(secrets)) expect(example[name.toUpperCase()] ?? '').toBe('')
})

test('images are made in steps: the last ones start from pinned bases, as a number, without a package manager', () => {
  for (const [, base] of dockerfile.matchAll(/^FROM (\S+)/gm)) {
    const isStage = /^(?:build|node|busybox)$/.test(base!)
    if (!isStage)
      expect(base).toMatch(
        /^(?:node:24-bookworm-slim|debian:bookworm-slim|busybox:1\.37-musl|otel\/opentelemetry-collector-contrib:0\.165\.0)$/,
      )
  }
  const targets = Object.values(scaled.services).flatMap(({ build }) => build?.target ?? [])
  for (const target of targets) expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${target}$`, 'm'))
  expect(dockerfile.match(/^USER 10001:10001$/gm)).toHaveLength(3)
  expect(dockerfile).not.toMatch(/^# *syntax=/m)
})
