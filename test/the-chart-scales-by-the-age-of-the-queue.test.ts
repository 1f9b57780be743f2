import { openPostgres, whyNoPostgres } from '@swarmwatch/testkit'
import { PgBoss } from 'pg-boss'
import { expect, test } from 'vitest'

import { renderChart } from './kubernetes/render-chart.ts'
import { installTools } from './kubernetes/tools.ts'

const reason = (await installTools('helm')) ?? whyNoPostgres()

interface Trigger {
  readonly type: string
  readonly metadata: Readonly<Record<string, string>>
}

test.skipIf(reason !== undefined)('the query of KEDA is the age of the oldest waiting task, and 0 without one', async () => {
  const flags = ['--set=secretName=swarmwatch,worker.enabled=true,worker.queue=postgres,worker.autoscaling.kind=keda']
  const scaled = (await renderChart(flags)).find(({ kind }) => kind === 'ScaledObject')
  const { triggers } = scaled!.spec as { triggers: readonly Trigger[] }
  expect(triggers.map(({ type }) => type)).toEqual(['prometheus', 'postgresql'])
  const { query } = triggers[1]!.metadata

  await using postgres = await openPostgres()
  const boss = new PgBoss({ connectionString: postgres.url, schema: 'swarmwatch_worker' })
  await boss.start()
  try {
    await boss.createQueue('tasks')
    expect(await postgres.query(query!)).toBe('0')
    const id = await boss.send('tasks', {})
    await boss.send('tasks', {}, { startAfter: 3600 })
    await postgres.query(`UPDATE swarmwatch_worker.job SET start_after = now() - interval '90 s' WHERE id = '${id}'`)
    expect(Number(await postgres.query(query!))).toBeGreaterThanOrEqual(90)
    // A task that a worker has taken waits no longer; one for later does not wait yet
    await boss.fetch('tasks')
    expect(await postgres.query(query!)).toBe('0')
  } finally {
    await boss.stop({ graceful: false })
  }
})
