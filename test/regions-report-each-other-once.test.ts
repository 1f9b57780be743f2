import { randomBytes } from 'node:crypto'

import { eventually, runDocker } from '@swarmwatch/testkit'
import {
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

describe.runIf(isWanted)('two regions on one machine', () => {
  const tokens = { eu: randomBytes(32).toString('base64url'), us: randomBytes(32).toString('base64url') }
  let eu: ProductionStack
  let us: ProductionStack
  let hasMadeNetwork = false

  beforeAll(async () => {
    await buildImages()
    hasMadeNetwork = (await runDocker(['network', 'create', network])).code === 0
    ;[eu, us] = [await region('eu', 'us'), await region('us', 'eu')]
  }, minutes(10))

  afterAll(async () => {
    await Promise.all([eu?.close(), us?.close()])
    if (hasMadeNetwork) await runDocker(['network', 'rm', network])
  }, minutes(3))

  /** A region with the services that watch and notify: the bridge, Alertmanager and a mailbox. Without Prometheus there is no Watchdog. */
  function region(name: 'eu' | 'us', peer: 'eu' | 'us'): Promise<ProductionStack> {
    return startStack({
      only: ['alert-bridge', 'alertmanager', 'mailpit'],
      files: ['docker-compose.region.yml'],
      secrets: { bridge_heartbeat_token: tokens[name] },
      settings: {
        ...mailSettings(''),
        CLOUD_REGION: name,
        BRIDGE_WATCHDOG_SECONDS: '0',
        BRIDGE_WATCHED_PEERS: `${peer}=${silentAfterSeconds}`,
        BRIDGE_PEER_INTERVAL_SECONDS: '5',
        BRIDGE_HEARTBEAT_TARGETS: `http://alert-bridge.${peer}:8090/api/v1/heartbeats/${name} ${tokens[peer]}`,
      },
    })
  }

  const subjects = async (stack: ProductionStack, word: string): Promise<readonly string[]> =>
    (await listMails(stack)).map(({ subject }) => subject).filter((subject) => subject.includes(word))

  test(
    'a region that is killed is reported by the other within five minutes, once, and its return once',
    { timeout: minutes(12) },
    async () => {
      onTestFailed(async () => {
        for (const stack of [eu, us]) console.log(await stack.compose('logs', '--no-color', '--tail=40'))
      })
      await eventually(
        'heartbeats in both directions',
        async () => {
          const both = await Promise.all([peerAge(eu), peerAge(us)])
          return both.every((age) => age < 30)
        },
        { withinMs: 120_000, everyMs: 1_000 },
      )

      const killedMs = performance.now()
      await us.compose('kill')
      await mailThat(eu, 'RegionSilent', 300, ({ subject }) => subject.includes('RegionSilent: no heartbeat from us'))
      console.log(
        `reported ${((performance.now() - killedMs) / 1000).toFixed(0)} s after the kill, with ${silentAfterSeconds} s of silence`,
      )
      // the watching bridge starts again while the region is down
      await eu.compose('restart', 'alert-bridge')

      await us.up()
      const startedMs = performance.now()
      // the same conversation: its subject is that of the first mail
      const end = await mailThat(eu, 'the return', 300, ({ subject }) => subject.startsWith('Re: '))
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
      expect([(await subjects(eu, 'AgentSlowResponses')).length, (await subjects(us, 'AgentSlowResponses')).length]).toEqual([
        0, 1,
      ])
    },
  )
})

/** Seconds since the last heartbeat, as the bridge of a region exports it. */
async function peerAge(stack: ProductionStack): Promise<number> {
  const script = `fetch('http://127.0.0.1:8090/metrics').then((answer) => answer.text()).then((text) => console.log(text))`
  const text = await stack.exec('alert-bridge', ['node', '--eval', script])
  return Number(/^bridge_peer_age_seconds\{[^}]*\} (\S+)/m.exec(text)?.[1] ?? Infinity)
}
