import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { eventually } from '@swarmwatch/testkit'
import {
  amtool,
  buildImages,
  mailSettings,
  openSlackSink,
  type ProductionStack,
  type SlackSink,
  startStack,
} from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'

import { confinements, inspected, secretValues } from './stack/confinement.ts'
import {
  linesOf,
  type Listener,
  listeners,
  outsideAddress,
  reachedFrom,
  reachedFromPlaceOf,
  statusWithoutCredential,
  writtenConnections,
} from './stack/connections.ts'
import { heldByCollector, reportEvent, runAsDocumented, whatIsKept } from './stack/stored-data.ts'
import { orderTasks, workerHealth } from './stack/workers.ts'

const isWanted = process.env['REQUIRE_STACK'] === '1'
if (!isWanted)
  console.log('skipped: the running stack, closed and keeping its data; it needs Docker, and REQUIRE_STACK=1 runs it')

const minutes = (count: number): number => count * 60_000

describe.runIf(isWanted)('the running stack', () => {
  let stack: ProductionStack
  let slack: SlackSink
  let startSeconds: number

  beforeAll(async () => {
    await buildImages()
    slack = await openSlackSink()
    const askedMs = performance.now()
    // No schedule: what is counted is what was ordered
    stack = await startStack({ workers: 2, settings: { ...mailSettings(slack.url), WORKER_TASKS_PER_MINUTE: '0' } })
    startSeconds = (performance.now() - askedMs) / 1000
  }, minutes(5))

  afterAll(async () => {
    await stack?.close()
    await slack?.close()
  }, minutes(2))

  const promise = (title: string, timeoutMinutes: number, keep: () => Promise<void>): void =>
    test(title, { timeout: minutes(timeoutMinutes) }, async () => {
      onTestFailed(async () => console.log(await stack.compose('logs', '--no-color', '--tail=40')))
      await keep()
    })

  promise('all services are healthy within a minute of up', 1, async () => {
    console.log(`all services were healthy ${startSeconds.toFixed(1)} s after up`)
    expect(startSeconds).toBeLessThan(60)
  })

  promise('every process is a number other than 0, has no capability and cannot gain any', 1, async () => {
    const found = await confinements(stack)
    expect(new Set(found.map(({ service }) => service))).toEqual(new Set(stack.services))
    for (const { users, capabilities, mayGainPrivileges } of found) {
      expect(users).not.toContain(0)
      expect({ capabilities, mayGainPrivileges }).toEqual({ capabilities: [0n, 0n, 0n], mayGainPrivileges: false })
    }
  })

  promise('no service can write its root', 1, async () => {
    const node = ['node', '--eval', `require('node:fs').writeFileSync('/new', '')`]
    const fetched = (program: string, url: string): readonly string[] => [program, '-q', '-O', '/new', url]
    const attempts: Readonly<Record<string, readonly string[]>> = {
      'agent-worker': node,
      'alert-bridge': node,
      advisor: node,
      'otel-collector': fetched('/bin/wget', 'http://127.0.0.1:13133/'),
      prometheus: ['touch', '/new'],
      alertmanager: ['touch', '/new'],
      mailpit: ['touch', '/new'],
      grafana: ['touch', '/new'],
      jaeger: ['touch', '/new'],
    }
    for (const service of stack.services) {
      await expect(stack.exec(service, attempts[service]!), service).rejects.toThrow(/EROFS|Read-only file system/)
    }
  })

  promise('from inside every container exactly the ports that deploy/connections.yaml lists can be reached', 2, async () => {
    const { connections, tolerated } = writtenConnections()
    const found = await listeners(stack)
    const everyPort = [...new Set(found.flatMap(({ ports }) => ports))]
    const ofOthers = (own?: Listener) =>
      found
        .filter(({ id }) => id !== own?.id)
        .flatMap(({ service, addresses }) =>
          addresses.flatMap((host) => everyPort.map((port) => ({ label: `${service}:${port}`, host, port }))),
        )
    const places = stack.allServices.map(async (service) => {
      const containers = found.filter((container) => container.service === service)
      const reached =
        containers.length === 0
          ? [await reachedFromPlaceOf(stack, service, ofOthers())]
          : await Promise.all(containers.map((container) => reachedFrom(stack, container, ofOthers(container))))
      return reached.flat().map((target) => `${service} -> ${target}`)
    })
    const reached = [...new Set((await Promise.all(places)).flat())].toSorted()
    const written = [...connections, ...tolerated].filter(({ from, to }) => from !== 'machine' && stack.services.includes(to))
    expect(reached).toEqual(linesOf(written).toSorted())
  })

  promise('only the services that deploy/connections.yaml lists reach the outside', 1, async () => {
    const { address, port } = await outsideAddress()
    const target = [{ label: 'outside', host: address, port }]
    const found = await listeners(stack)
    const reached = await Promise.all(
      stack.allServices.map(async (service) => {
        const container = found.find((each) => each.service === service)
        const labels = container ? await reachedFrom(stack, container, target) : await reachedFromPlaceOf(stack, service, target)
        return labels.length > 0 ? [service] : []
      }),
    )
    const listed = writtenConnections().connections.filter(({ to }) => to === 'outside')
    expect(reached.flat().toSorted()).toEqual(listed.map(({ from }) => from).toSorted())
  })

  promise('no container reaches a published port by way of this machine', 1, async () => {
    const found = await listeners(stack)
    const published = (await stack.compose('ps', '--format={{.Ports}}')).matchAll(/127\.0\.0\.1:(\d+)->/g)
    const ports = [...new Set([...published].map(([, port]) => Number(port)))]
    expect(ports.length).toBeGreaterThanOrEqual(3)
    const gateways = [...new Set(found.flatMap((container) => container.gateways))]
    const targets = gateways.flatMap((host) => ports.map((port) => ({ label: `${host}:${port}`, host, port })))
    const reached = await Promise.all(found.map((container) => reachedFrom(stack, container, targets)))
    expect(reached.flat()).toEqual([])
  })

  promise('a port that more services than needed can reach refuses who has no credential', 1, async () => {
    const found = await listeners(stack)
    const { tolerated } = writtenConnections()
    const refusals = tolerated.flatMap(({ from, to, ports = [], because }) => {
      const [client, server] = [from, to].map((service) => found.find((each) => each.service === service))
      if (because !== 'credential' || !client || !server) return []
      const isReached = ports.map(async (port) => {
        const targets = server.addresses.map((host) => ({ label: host, host, port }))
        const [host = ''] = await reachedFrom(stack, client, targets)
        // gRPC: 16 is UNAUTHENTICATED
        return [to, port, await statusWithoutCredential(stack, client, { host, port })] as const
      })
      return isReached
    })
    const answers = await Promise.all(refusals)
    expect(new Set(answers.map(([to]) => to))).toEqual(new Set(['otel-collector', 'prometheus', 'alertmanager', 'advisor']))
    for (const [to, port, status] of answers) expect([to, port, status]).toEqual([to, port, port === 4317 ? 16 : 401])
  })

  promise('a change of config/production.yaml takes effect where .env.production leaves the setting empty', 3, async () => {
    const restartWorkers = async (): Promise<void> => {
      await stack.compose('restart', 'agent-worker')
      await stack.up()
    }
    const file = join(stack.folder, 'config/production.yaml')
    const before = readFileSync(file, 'utf8')
    const changed = Object.entries({
      health_check_interval: 7,
      max_retries: 1,
      base_delay: 2,
      exponential_factor: 5,
      max_delay: 11,
    })
    writeFileSync(
      file,
      changed.reduce((text, [key, value]) => text.replace(new RegExp(`^( *${key}:) [\\d.]+`, 'm'), `$1 ${value}`), before),
    )
    await restartWorkers()
    const shown = await stack.exec('agent-worker', ['node', 'node_modules/@swarmwatch/node/bin/swarmwatch.mjs', 'config'])
    for (const [key, value] of changed) expect(shown).toMatch(new RegExp(`\\b${value}\\b.*production\\.yaml:\\w+\\.${key}`))
    // Not three retries after 5, 15 and 30 s
    expect(await orderTasks(stack, { agent: 'api-integrator', fault: '500' }, 1)).toEqual([202])
    await eventually('the task to fail', async () => ((await workerHealth(stack)).failed === 1 ? true : undefined), {
      everyMs: 500,
    })
    const log = await stack.compose('logs', '--no-log-prefix', '--index=1', 'agent-worker')
    expect(log.split('\n').filter((line) => line.startsWith('[RETRY] api-integrator'))).toEqual([
      expect.stringMatching(/attempt 2\/2 in 2 s/),
    ])
    writeFileSync(file, before)
    await restartWorkers()
  })

  promise('no secret stands in what docker inspect shows, or in the environment of a process', 1, async () => {
    const secrets = secretValues(stack)
    expect(secrets.length).toBeGreaterThan(5)
    const shown = await inspected(stack)
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([])
  })

  promise('the drill and the check that docs/operations.md names work', 1, async () => {
    const drill = await stack.exec('alert-bridge', ['alert-bridge', 'drill'])
    for (const channel of ['email', 'slack', 'console']) expect(drill).toMatch(new RegExp(`^${channel}\\s.*delivered`, 'm'))
    console.log(drill)
    // Mailpit has no TLS, and that is no way to go on
    await expect(stack.exec('alert-bridge', ['alert-bridge', 'check'])).rejects.toThrow('channel email: TLS is not required')
    await stack.exec('alert-bridge', ['alert-bridge', 'backup', '/data/backup.db'])
  })

  promise('down keeps the data, and the next up shows it', 3, async () => {
    const silence = '--author=test --comment=kept --duration=2h alertname=Kept'.split(' ')
    await amtool(stack, ['silence', 'add', ...silence])
    expect(await orderTasks(stack, { agent: 'reviewer' }, 2)).toEqual([202, 202])
    await reportEvent(stack, 'the data is to be kept')
    // By mail, to Slack and the console; the drill came by mail too
    const kept = { runs: 2, silences: 1, deliveries: 3, mails: 2 }
    await eventually(
      'all that is to be kept',
      async () => {
        expect(await whatIsKept(stack)).toEqual(kept)
        return true
      },
      { everyMs: 500 },
    )
    await stack.compose('down')
    await stack.up()
    expect(await whatIsKept(stack)).toEqual(kept)
  })

  promise('a backup as docs/operations.md makes it can be restored as it says, with what the Collector held', 4, async () => {
    const kept = await whatIsKept(stack)
    await stack.compose('stop', 'prometheus')
    expect(await orderTasks(stack, { agent: 'reviewer' }, 2)).toEqual([202, 202])
    await eventually('both to end', async () => ((await workerHealth(stack)).succeeded === 2 ? true : undefined), {
      everyMs: 500,
    })
    // Twice, because the first export may have been collected before the runs ended
    for (const which of ['an export', 'the next one']) {
      const held = await heldByCollector(stack)
      await eventually(
        `the Collector to hold ${which} that Prometheus does not take`,
        async () => ((await heldByCollector(stack)) > held ? true : undefined),
        { everyMs: 500 },
      )
    }
    await runAsDocumented(stack, 'Back up')
    await runAsDocumented(stack, 'Restore')
    await eventually(
      'all that was backed up',
      async () => {
        expect(await whatIsKept(stack)).toEqual({ ...kept, runs: kept.runs + 2 })
        return true
      },
      { everyMs: 500 },
    )
  })

  promise('workers are scaled while the rest runs', 2, async () => {
    const running = async (): Promise<number> => (await stack.compose('ps', '--quiet', 'agent-worker')).trim().split('\n').length
    for (const count of [3, 1]) {
      await stack.compose('scale', `agent-worker=${count}`)
      expect(await running()).toBe(count)
    }
  })
})
