import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createApiIntegrator, readDraft } from '../../src/swarm/reference-agents.ts'
import { firstTask, startSwarm } from './start-swarm.ts'

test('rapid-builder writes a feature and its test', async () => {
  const { agents, workspace } = await startSwarm()
  const text = await agents['rapid-builder'](firstTask)
  expect(text).toBe('Built B-1: b-1/feature.ts holds the feature, b-1/feature.test.ts its test.')
  expect(await workspace.list('b-1')).toEqual(['b-1/feature.test.ts', 'b-1/feature.ts'])
})

test('rapid-builder lists the folder first in its other variant', async () => {
  const { agents, model } = await startSwarm()
  await agents['rapid-builder'](firstTask)
  const direct = model.log.requests.length
  await agents['rapid-builder']({ ...firstTask, number: 2 })
  expect({ direct, lookFirst: model.log.requests.length - direct }).toEqual({ direct: 3, lookFirst: 4 })
})

test('api-integrator reads the requirement over HTTP and writes a client for its endpoints', async () => {
  const { agents, workspace } = await startSwarm()
  const text = await agents['api-integrator'](firstTask)
  expect(text).toContain('b-1/client.ts is a typed client for B-1. It covers 2 endpoints: GET /orders, GET /orders/latest.')
  const client = await readFile(join(workspace.root, 'b-1/client.ts'), 'utf8')
  expect(client).toContain('export async function getOrdersLatest(base: string, signal: AbortSignal)')
})

test('reviewer reads the files of the other agents, writes a review and posts its verdict', async () => {
  const { agents, workspace, backlog } = await startSwarm()
  await agents['rapid-builder'](firstTask)
  await agents['api-integrator'](firstTask)
  await agents.reviewer(firstTask)
  expect(await workspace.read('b-1/REVIEW.md')).toMatchInlineSnapshot(`
    "# Review of B-1

    - b-1/client.ts: 13 lines, reads well
    - b-1/feature.test.ts: 5 lines, reads well
    - b-1/feature.ts: 4 lines, reads well

    Verdict: approve
    "
  `)
  expect(backlog.reviewsOf('B-1')).toEqual([{ verdict: 'approve', summary: '3 files read.' }])
})

test('every reader of a draft can read it to the end, even after the files are removed', async () => {
  const { dependencies, workspace } = await startSwarm()
  const draft = await createApiIntegrator(dependencies)(firstTask)
  const text = await readDraft(draft)
  await workspace.clear(firstTask.folder)
  expect(await readDraft(draft)).toBe(text)
})
