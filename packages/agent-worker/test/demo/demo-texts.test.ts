import { expect, test } from 'vitest'

import { summaryTable } from '../../src/demo/demo-texts.ts'

const sums = {
  executions: 12,
  failures: 1,
  cancelled: 0,
  retries: 5,
  recovered: 2,
  tokens: { input: 12345, output: 678, cachedInput: 0 },
  costUsd: 0.00719,
  unpricedCalls: 0,
  modelCalls: 14,
  httpTries: 15,
  reusedToolCalls: 0,
}

test('the summary has a row for each agent and one for all agents', () => {
  const small = { ...sums, executions: 3, tokens: { input: 9, output: 1, cachedInput: 0 }, costUsd: 0 }
  const agents = [
    { agentName: 'api-integrator', active: 0, ...sums },
    { agentName: 'reviewer', active: 0, ...small },
  ]
  expect(summaryTable({ ...sums, executions: 15, agents, recent: [] })).toMatchInlineSnapshot(`
    "agent           runs  failed  retries  recovered  tokens in  tokens out  cost USD
    ---------------------------------------------------------------------------------
    api-integrator    12       1        5          2      12345         678    0.0072
    reviewer           3       1        5          2          9           1    0.0000
    ---------------------------------------------------------------------------------
    all               15       1        5          2      12345         678    0.0072"
  `)
})

test('the summary without runs is a table too', () => {
  const none = {
    executions: 0,
    failures: 0,
    cancelled: 0,
    retries: 0,
    recovered: 0,
    tokens: { input: 0, output: 0, cachedInput: 0 },
    costUsd: 0,
    unpricedCalls: 0,
    modelCalls: 0,
    httpTries: 0,
    reusedToolCalls: 0,
  }
  expect(summaryTable({ ...none, agents: [], recent: [] })).toMatchInlineSnapshot(`
    "agent  runs  failed  retries  recovered  tokens in  tokens out  cost USD
    ------------------------------------------------------------------------
    ------------------------------------------------------------------------
    all       0       0        0          0          0           0    0.0000"
  `)
})
