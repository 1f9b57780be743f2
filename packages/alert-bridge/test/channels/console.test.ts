import fc from 'fast-check'
import { expect, test } from 'vitest'

import { openConsoleChannel } from '../../src/channels/console/console-channel.ts'
import type { Notice } from '../../src/message/notice.ts'
import { anyNotice } from '../message/any-notice.ts'
import { sampleNotices } from '../message/sample-notices.ts'

const now = (): Date => new Date('2026-11-24T02:15:00Z')
const neverAborted = new AbortController().signal

async function printed(notice: Notice): Promise<string[]> {
  const lines: string[] = []
  const channel = openConsoleChannel({ name: 'console' }, { now, write: (line) => lines.push(line) })
  await channel.deliver({ id: 'delivery-1', recipient: 'console', notice }, neverAborted)
  return lines
}

test('prints one line with all facts', async () => {
  expect(await printed(sampleNotices.firing)).toMatchInlineSnapshot(`
    [
      "{"time":"2026-11-24T02:15:00.000Z","event":"alert","kind":"firing","severity":"critical","subject":"[CRITICAL] AgentErrorRateCritical: api-integrator","text":"62 % of the runs of api-integrator failed in the last 5 minutes Most failures are 429: the model provider takes fewer calls than the agent makes.","agents":["api-integrator"],"startedAt":"2026-11-24T02:13:05.000Z","alerts":1,"runbook":"https://example.com/runbooks/AgentErrorRateCritical","delivery":"delivery-1"}",
    ]
  `)
})

test('any notice is one line of ASCII JSON under 8,000 characters', async () => {
  const property = fc.asyncProperty(anyNotice, async (notice) => {
    const lines = await printed(notice)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^[\x20-\x7E]{1,8000}$/)
    expect(JSON.parse(lines[0]!)).toMatchObject({ event: 'alert', severity: notice.severity })
  })
  await fc.assert(property)
})

test('an output that fails is a failed delivery, not a crash', async () => {
  const channel = openConsoleChannel(
    { name: 'console' },
    {
      write: () => {
        throw new Error('EPIPE')
      },
    },
  )
  expect(await channel.deliver({ id: 'delivery-1', recipient: 'console', notice: sampleNotices.firing }, neverAborted)).toEqual({
    kind: 'retry',
    reason: 'unexpected Error: EPIPE',
    unknown: true,
  })
})
