import { eventually, runDocker, whyNoSums } from '@swarmwatch/testkit'
import {
  amtool,
  buildImages,
  containerStates,
  listMails,
  mailSettings,
  type ProductionStack,
  startStack,
} from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'

const isWanted = process.env['REQUIRE_STACK'] === '1'
if (!isWanted) console.log('skipped: the stack of docker-compose.scale.yml; it needs Docker, and REQUIRE_STACK=1 runs it')

const minutes = (count: number): number => count * 60_000
const file = 'docker-compose.scale.yml'

describe.runIf(isWanted)('docker-compose.scale.yml', () => {
  let stack: ProductionStack

  beforeAll(async () => {
    await buildImages(undefined, [file])
    const noSums = whyNoSums()
    if (noSums !== undefined) console.log(`with COLLECTOR_SERIES=each-process: ${noSums}`)
    stack = await startStack({
      workers: 3,
      files: [file],
      settings: {
        ...mailSettings(''),
        WORKER_TASKS_PER_MINUTE: '0',
        BRIDGE_WATCHDOG_SECONDS: '0',
        WORKER_PROVIDER_CONCURRENCY: '6',
        WORKER_LEASE_SECONDS: '10',
        ...(noSums !== undefined && { COLLECTOR_SERIES: 'each-process' }),
      },
    })
  }, minutes(10))

  afterAll(async () => stack?.close(), minutes(2))

  /** SIGKILL to a container, which the engine does not start again. */
  const kill = (service: string): Promise<string> => stack.compose('kill', '--signal=KILL', service)

  /** An alert with this name, sent to both Alertmanagers, as two Prometheus do. */
  async function fire(name: string): Promise<void> {
    const labels = [`alertname=${name}`, 'severity=critical', 'category=agent', 'agent_name=planner', `job=${name}`]
    const add = ['alert', 'add', `--end=${new Date(Date.now() + 3_600_000).toISOString()}`, ...labels]
    await amtool(stack, add)
    const login = ['--http.config.file=/etc/amtool/client.yaml', '--alertmanager.url=http://127.0.0.1:9093']
    await stack.exec('alertmanager-b', ['amtool', ...login, ...add])
  }

  const mailsAbout = async (name: string): Promise<number> =>
    (await listMails(stack)).filter(({ subject }) => subject.includes(name)).length

  test(
    'alerts and tasks survive the kill of a bridge, a worker and an Alertmanager, and each alert is one mail',
    { timeout: minutes(9) },
    async () => {
      onTestFailed(async () => console.log(await stack.compose('logs', '--no-color', '--tail=25')))
      await eventually('both Alertmanagers to form a cluster', async () => {
        const shown = await amtool(stack, ['cluster', 'show', '--output=json'])
        return (JSON.parse(shown) as { peers: unknown[] }).peers.length === 2
      })

      expect(await addTasks(stack, 30)).toBe(30)
      await fire('Before')
      await eventually('the first mail', async () => (await mailsAbout('Before')) === 1, { withinMs: 240_000, everyMs: 500 })

      await kill('bridge-a')
      const workers = (await containerStates(stack)).filter(({ service }) => service === 'agent-worker')
      await runDocker(['kill', workers[0]!.id])
      await fire('AfterTheKill')
      await eventually('the mail after the kill', async () => (await mailsAbout('AfterTheKill')) === 1, {
        withinMs: 240_000,
        everyMs: 500,
      })
      await eventually('all tasks to end', async () => (await openTasks(stack)) === 0, { withinMs: 240_000, everyMs: 1000 })

      await stack.up()
      await kill('alertmanager')
      await stack.up()
      expect(await endedTasks(stack)).toBe(30)
      expect({ before: await mailsAbout('Before'), after: await mailsAbout('AfterTheKill') }).toEqual({ before: 1, after: 1 })
    },
  )
})

const sql = (stack: ProductionStack, query: string): Promise<string> =>
  stack.exec('postgres', ['psql', '--username=postgres', '--dbname=worker', '--tuples-only', '--no-align', '--command', query])

/** Adds tasks through a worker; returns their number. */
async function addTasks(stack: ProductionStack, count: number): Promise<number> {
  const script = `
    const { readFileSync } = require('node:fs')
    const authorization = 'Bearer ' + readFileSync('/run/secrets/worker_token', 'utf8').trim()
    const add = () => fetch('http://127.0.0.1:8070/tasks', {
      method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '{"agent":"reviewer","item":"B-2"}' })
    Promise.all(Array.from({ length: ${count} }, add)).then((all) => console.log(all.filter(({ status }) => status === 202).length))`
  return Number(await stack.exec('agent-worker', ['node', '--eval', script]))
}

async function openTasks(stack: ProductionStack): Promise<number> {
  return Number(await sql(stack, "SELECT count(*) FROM swarmwatch_worker.job WHERE name = 'tasks' AND state <= 'active'"))
}

async function endedTasks(stack: ProductionStack): Promise<number> {
  return Number(await sql(stack, "SELECT count(*) FROM swarmwatch_worker.job WHERE name = 'tasks' AND state > 'active'"))
}
