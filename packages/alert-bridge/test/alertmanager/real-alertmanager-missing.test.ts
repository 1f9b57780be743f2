import { Secret } from '@swarmwatch/config'
import { eventually, freePort, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished } from 'vitest'

import { alertmanagerSilences } from '../../src/incidents/alertmanager-silences.ts'
import { watchMissingAlerts } from '../../src/incidents/missing-alerts.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { runAlertmanager } from './run-alertmanager.ts'
import { withAlertmanager } from './with-alertmanager.ts'

const minute = 60_000

withAlertmanager(
  'of the alerts of a real pair only the lost one is missing, not those that are silenced, inhibited, muted or new',
  async () => {
    const bridge = await startedBridge({ channels: [recordingChannel()] })
    const { store } = bridge.service.core
    let swallowed = 0
    const proxy = await openHttpServer(({ body, headers, path }, response) => {
      if (body.includes('Lost')) {
        swallowed += 1
        return void response.end('{}')
      }
      const sent = { authorization: String(headers['authorization']), 'content-type': 'application/json' }
      void fetch(bridge.url + path, { method: 'POST', headers: sent, body }).then(({ status }) =>
        response.writeHead(status).end(),
      )
    })
    onTestFinished(() => proxy.close())
    const pair = { bridgePort: proxy.port, repeatInterval: '1h', isPeer: true }
    const first = await runAlertmanager(pair)
    const second = await runAlertmanager({ ...pair, peers: [first] })
    for (const peer of [first, second]) await eventually('the pair to meet', async () => (await peer.peerCount()) === 2)

    const silencesOf = [first, second].map(({ url }) => alertmanagerSilences([new Secret(url)], fetch))
    const silenced = [{ name: 'alertname', value: 'Silenced' }]
    const now = Date.now()
    await silencesOf[0]!.create({
      matchers: silenced,
      startsAt: now,
      endsAt: now + 60 * minute,
      createdBy: 'Ana',
      comment: 'a test',
    })
    for (const silences of silencesOf) await eventually('the silence', async () => (await silences.active(silenced)).length === 1)
    const post = async (name: string, severity: string): Promise<void> => {
      await Promise.all([first, second].map((peer) => peer.post(name, severity, new Date(now + 60 * minute))))
    }
    await post('Source', 'critical')
    await eventually('the source', async () => (await store.listIncidents({})).length === 1)
    await post('Target', 'inhibited')
    await post('Silenced', 'critical')
    await post('Night', 'muted')
    await post('Lost', 'critical')
    await eventually('the loss', () => swallowed > 0)
    for (const silences of silencesOf) {
      for (const alertname of ['Night', 'Target', 'Silenced']) {
        const known = () => silences.alerts([{ name: 'alertname', value: alertname }])
        await eventually(`${alertname} to be muted`, async () => (await known()).every(({ isMuted }) => isMuted))
        expect(await known()).toEqual([{ isMuted: true }])
      }
    }

    let shift = 0
    let looks = 0
    const counted = { ...store, listIncidents: (filter: object) => ((looks += 1), store.listIncidents(filter)) }
    const times = { now: () => Date.now() + shift, receivers: () => [], write: () => {}, everyMs: 50 }
    const watches = silencesOf.map((silences) => watchMissingAlerts({ store: counted, silences, ...times }))
    onTestFinished(async () => void (await Promise.all(watches.map((watch) => watch.stop()))))
    const counts = (): (number | undefined)[] => watches.map((watch) => watch.count())
    await eventually('the first looks', () => counts().every((count) => count === 0))
    shift = 16 * minute
    await post('New', 'critical')
    await eventually('later looks', () => looks > 20)
    expect(counts()).toEqual([1, 1])

    // a cluster of which one member is down
    const reachable = alertmanagerSilences([new Secret(`http://127.0.0.1:${await freePort()}`), new Secret(second.url)], fetch)
    const added = [{ name: 'alertname', value: 'New' }]
    await reachable.create({ matchers: added, startsAt: now, endsAt: now + 60 * minute, createdBy: 'Ana', comment: 'a test' })
    for (const silences of [...silencesOf, reachable])
      await eventually('its silence', async () => (await silences.active(added)).length === 1)
  },
)
