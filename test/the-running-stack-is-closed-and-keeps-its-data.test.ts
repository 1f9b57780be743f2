import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'

import { confinements, inspected } from './stack/confinement.ts'
import { runAsDocumented } from './stack/documented-commands.ts'
import { eventually } from './stack/eventually.ts'
import { heldByCollector, tellEvent, whatIsKept } from './stack/kept.ts'
import { mailSettings } from './stack/mail-settings.ts'
import { outsideAddress } from './stack/outside-address.ts'
import { buildImages, startStack, type ProductionStack } from './stack/production-stack.ts'
import { secretValues } from './stack/secret-values.ts'
import { openSlackSink, type SlackSink } from './stack/slack-sink.ts'
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
    stack = await startStack({ settings: { ...mailSettings(slack.url), WORKER_TASKS_PER_MINUTE: '0' } })
    startSeconds = (performance.now() - askedMs) / 1000
  }, minutes(5))

  afterAll(async () => {
    await stack?.close()
    slack?.close()
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
      'otel-collector': fetched('/bin/wget', 'http://127.0.0.1:13133/'),
      prometheus: ['touch', '/new'],
      alertmanager: fetched('wget', 'http://127.0.0.1:9093/-/healthy'),
      mailpit: ['touch', '/new'],
      grafana: ['touch', '/new'],
      jaeger: ['touch', '/new'],
    }
    for (const service of stack.services) {
      await expect(stack.exec(service, attempts[service]!), service).rejects.toThrow(/EROFS|Read-only file system/)
    }
  })

  promise('neither the back end nor what is published reaches the outside', 1, async () => {
    const { address, port } = await outsideAddress()
    const ask = ['/bin/wget', '-q', '-T', '3', '-O', '-', `http://${address}:${port}/`]
    for (const service of ['prometheus', 'otel-collector']) {
      await expect(stack.exec(service, ask)).rejects.toThrow(/unreachable|timed out/)
    }
    // It is there for a service that may go out
    const connect = `require('node:net').connect(${port}, '${address}', () => process.exit(0)).once('error', () => process.exit(1))`
    await stack.exec('alert-bridge', ['node', '--eval', connect])
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
    await stack.exec('alertmanager', ['amtool', '--alertmanager.url=http://127.0.0.1:9093', 'silence', 'add', ...silence])
    expect(await orderTasks(stack, { agent: 'reviewer' }, 2)).toEqual([202, 202])
    await tellEvent(stack, 'the data is to be kept')
    // By mail, to Slack and the console; the drill came by mail too
    const kept = { runs: 2, silences: 1, deliveries: 3, mails: 2 }
    await eventually('all that is to be kept', 60, async () => {
      expect(await whatIsKept(stack)).toEqual(kept)
      return true
    })
    await stack.compose('down')
    await stack.up()
    expect(await whatIsKept(stack)).toEqual(kept)
  })

  promise('a backup as docs/operations.md makes it can be restored as it says, with what the Collector held', 4, async () => {
    const kept = await whatIsKept(stack)
    await stack.compose('stop', 'prometheus')
    expect(await orderTasks(stack, { agent: 'reviewer' }, 2)).toEqual([202, 202])
    await eventually('both to end', 60, async () => ((await workerHealth(stack)).succeeded === 2 ? true : undefined))
    const held = await heldByCollector(stack)
    await eventually('the Collector to hold what Prometheus does not take', 60, async () =>
      (await heldByCollector(stack)) > held ? true : undefined,
    )
    await runAsDocumented(stack, 'Back up')
    await runAsDocumented(stack, 'Restore')
    await eventually('all that was backed up', 90, async () => {
      expect(await whatIsKept(stack)).toEqual({ ...kept, runs: kept.runs + 2 })
      return true
    })
  })

  promise('workers are scaled while the rest runs', 2, async () => {
    const running = async (): Promise<number> => (await stack.compose('ps', '--quiet', 'agent-worker')).trim().split('\n').length
    for (const count of [3, 1]) {
      await stack.compose('scale', `agent-worker=${count}`)
      expect(await running()).toBe(count)
    }
  })
})
