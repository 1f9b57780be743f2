import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { eventually, repositoryRoot, runDocker } from '@swarmwatch/testkit'
import {
  activeAlerts,
  amtool,
  buildImages,
  listMails,
  mailSettings,
  mailThat,
  type ProductionStack,
  startStack,
} from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'

const isWanted = process.env['REQUIRE_STACK'] === '1'
if (!isWanted) console.log('skipped: two regions; it needs Docker, and REQUIRE_STACK=1 runs it')

const minutes = (count: number): number => count * 60_000
/** More than the start of the second region takes, and less than the five minutes that are promised. */
const silentAfterSeconds = 120
const network = 'swarmwatch-regions'
/** By name: Grafana and Jaeger are left out. */
const services = ['agent-worker', 'otel-collector', 'prometheus', 'alertmanager', 'alert-bridge', 'advisor', 'mailpit']

describe.runIf(isWanted)('two regions on one machine, each a complete stack', () => {
  const tokens = { eu: randomBytes(32).toString('base64url'), us: randomBytes(32).toString('base64url') }
  let eu: ProductionStack
  let us: ProductionStack
  let hasMadeNetwork = false

  beforeAll(async () => {
    await buildImages()
    hasMadeNetwork = (await runDocker(['network', 'create', network])).code === 0
    ;[eu, us] = [await region('eu', 'us'), await region('us', 'eu')]
    await startGlobalView()
  }, minutes(10))

  afterAll(async () => {
    await Promise.all([eu?.close(), us?.close()])
    if (hasMadeNetwork) await runDocker(['network', 'rm', network])
  }, minutes(3))

  function region(name: 'eu' | 'us', peer: 'eu' | 'us'): Promise<ProductionStack> {
    return startStack({
      only: services,
      files: ['docker-compose.region.yml'],
      secrets: { bridge_heartbeat_token: tokens[name] },
      settings: {
        ...mailSettings(''),
        CLOUD_REGION: name,
        WORKER_TASKS_PER_MINUTE: '60',
        BRIDGE_WATCHED_PEERS: `${peer}=${silentAfterSeconds}`,
        BRIDGE_PEER_INTERVAL_SECONDS: '5',
        BRIDGE_HEARTBEAT_TARGETS: `http://alert-bridge.${peer}:8090/api/v1/heartbeats/${name} ${tokens[peer]}`,
      },
    })
  }

  /** As docs/regions.md describes it, in the first region. */
  async function startGlobalView(): Promise<void> {
    const folder = join(eu.folder, '.secrets/regions')
    mkdirSync(folder)
    for (const [name, stack] of Object.entries({ eu, us })) {
      writeFileSync(join(folder, name), stack.secret('prometheus_password'), { mode: 0o444 })
    }
    const up = ['up', '--pull=never', '--no-build', '--no-deps', '--detach', '--wait', '--wait-timeout=120']
    await eu.compose(...up, 'prometheus-global')
  }

  /** Series of an answer of the global view, by their labels. */
  async function askGlobal(expr: string): Promise<readonly { labels: Record<string, string>; value: number }[]> {
    const login = '--http.config.file=/etc/prometheus-global/client.yaml'
    const query = ['promtool', 'query', 'instant', login, '--format=json', 'http://127.0.0.1:9090', expr]
    const answer = await eu.compose('exec', '-T', 'prometheus-global', ...query)
    const series = JSON.parse(answer) as { metric: Record<string, string>; value: [number, string] }[]
    return series.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
  }

  const subjects = async (stack: ProductionStack, word: string): Promise<readonly string[]> =>
    (await listMails(stack)).map(({ subject }) => subject).filter((subject) => subject.includes(word))

  const promise = (title: string, timeoutMinutes: number, keep: () => Promise<void>): void =>
    test(title, { timeout: minutes(timeoutMinutes) }, async () => {
      onTestFailed(async () => {
        for (const stack of [eu, us]) console.log(await stack.compose('logs', '--no-color', '--tail=40'))
      })
      await keep()
    })

  promise('the global view has the runs, the alerts and the watch of both regions, and its boards answer', 10, async () => {
    await eventually(
      'series of both regions in the global view',
      async () => {
        const both = async (expr: string, by: string): Promise<boolean> => {
          const found = (await askGlobal(`count by (${by}) (${expr})`)).map(({ labels }) => labels[by])
          return found.includes('eu') && found.includes('us')
        }
        return (
          (await both('swarm:executions:rate5m', 'cloud_region')) &&
          (await both('agent:executions:rate5m', 'cloud_region')) &&
          (await both('ALERTS{alertname="Watchdog", alertstate="firing"}', 'region')) &&
          (await both('bridge_peer_age_seconds < 60', 'region'))
        )
      },
      { withinMs: minutes(5), everyMs: 3_000 },
    )
    const shown = ['How healthy is the swarm?', 'How long does a run take?', 'How many runs does each agent have?']
    const asked = boardQueries()
    expect(asked.map(({ title }) => title)).toEqual(expect.arrayContaining(shown))
    await eventually(
      'an answer for each of these panels',
      async () => {
        const empty = new Set(shown)
        for (const { title, expr } of asked) if ((await askGlobal(expr)).length > 0) empty.delete(title)
        return empty.size === 0
      },
      { withinMs: minutes(4), everyMs: 5_000 },
    )
  })

  promise('a region that is killed is reported by the other within five minutes, once, and its return once', 12, async () => {
    await eventually(
      'heartbeats in both directions',
      async () => (await Promise.all([peerAge(eu), peerAge(us)])).every((age) => age < 30),
      { withinMs: 120_000, everyMs: 1_000 },
    )
    const killedMs = performance.now()
    await us.compose('kill')
    await mailThat(eu, 'RegionSilent', 300, ({ subject }) => subject.includes('RegionSilent: no heartbeat from us'))
    console.log(
      `reported ${((performance.now() - killedMs) / 1000).toFixed(0)} s after the kill, with ${silentAfterSeconds} s of silence`,
    )
    expect(await askGlobal('up{job="region-us"}')).toMatchObject([{ value: 0 }])
    // the watching bridge starts again while the region is down
    await eu.compose('restart', 'alert-bridge')

    await us.up()
    const startedMs = performance.now()
    // the same conversation: its subject is that of the first mail
    const end = await mailThat(
      eu,
      'the return',
      300,
      ({ subject }) => subject.startsWith('Re: ') && subject.includes('RegionSilent'),
    )
    expect(end.text).toContain('RegionSilent: us is back')
    console.log(`the return was reported ${((performance.now() - startedMs) / 1000).toFixed(0)} s after the start`)

    const labels = ['alertname=AgentSlowResponses', 'severity=critical', 'agent_name=planner', 'cloud_region=us']
    await amtool(us, ['alert', 'add', ...labels])
    await mailThat(us, 'the alert in its region', 180, ({ subject }) => subject.includes('AgentSlowResponses'))

    expect(await subjects(eu, 'RegionSilent')).toEqual([
      '[CRITICAL] RegionSilent: no heartbeat from us',
      'Re: [CRITICAL] RegionSilent: no heartbeat from us',
    ])
    expect(await subjects(us, 'RegionSilent')).toEqual([])
    expect([(await subjects(eu, 'AgentSlowResponses')).length, (await subjects(us, 'AgentSlowResponses')).length]).toEqual([0, 1])
    const namesIn = async (stack: ProductionStack): Promise<readonly (string | undefined)[]> =>
      (await activeAlerts(stack)).map((alert) => alert.labels['cloud_region'])
    expect(await namesIn(eu)).not.toContain('us')
    expect(await namesIn(us)).not.toContain('eu')
  })
})

/** Series that the global view reads: those that rules record, alerts, and a few of the bridges. */
const federated = /^(?:(?:agent|swarm|model|variant|provider):[\w:]+|ALERTS|up|bridge_peer_\w+|bridge_heartbeats_total)$/

/** The queries of the board "Swarm overview" that read only such series, for all agents. */
function boardQueries(): readonly { readonly title: string; readonly expr: string }[] {
  interface Panel {
    readonly title: string
    readonly panels?: readonly Panel[]
    readonly targets?: readonly { readonly expr: string }[]
  }
  const board = readFileSync(join(repositoryRoot, 'grafana/dashboards/swarm-overview.json'), 'utf8')
  const { panels } = JSON.parse(board) as { readonly panels: readonly Panel[] }
  return panels
    .flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
    .map(({ title, expr }) => ({ title, expr: expr.replaceAll('$__range', '5m').replaceAll(/\$\{?\w+(?::\w+)?\}?/g, '.*') }))
    .filter(({ expr }) => [...expr.matchAll(/([a-zA-Z_][\w:]*)\{/g)].every(([, name]) => federated.test(name!)))
}

/** Seconds since the last heartbeat, as the bridge of a region exports it. */
async function peerAge(stack: ProductionStack): Promise<number> {
  const script = `fetch('http://127.0.0.1:8090/metrics').then((answer) => answer.text()).then((text) => console.log(text))`
  const text = await stack.exec('alert-bridge', ['node', '--eval', script])
  return Number(/^bridge_peer_age_seconds\{[^}]*\} (\S+)/m.exec(text)?.[1] ?? Infinity)
}
