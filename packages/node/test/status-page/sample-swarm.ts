import type { AgentMetrics, AttemptRecord, ExecutionMetrics, ExecutionRecord, SystemHealth, Totals } from '@swarmwatch/sdk'

import type { CurrentAlert } from '../../src/alerts/start-alert-rules.ts'
import type { StatusSources } from '../../src/status-page/page-values.ts'

/** 2026-03-14 12:00:00 UTC. */
export const noon: number = Date.UTC(2026, 2, 14, 12)

export function sampleHealth(changes: Partial<SystemHealth> = {}): SystemHealth {
  return {
    score: 71.9,
    lost: { errorRate: 21.6, p95: 2, resources: 4.5 },
    errorRate: 0.18,
    averageSeconds: 3.42,
    p95Seconds: 11.6,
    activeExecutions: 3,
    waitingExecutions: 1,
    unavailableModels: 0,
    activeAgents: 2,
    cpu: 0.86,
    memory: 0.312,
    executions: 1250,
    ...changes,
  }
}

export function sampleAttempt(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    number: 1,
    startedAt: noon - 20_000,
    waitSeconds: 0,
    durationSeconds: 1.2,
    outcome: 'success',
    errorType: undefined,
    errorMessage: undefined,
    httpTries: 2,
    costUsd: 0,
    ...changes,
  }
}

export function sampleRun(changes: Partial<ExecutionRecord> = {}): ExecutionRecord {
  const { durationSeconds = 1.2, endedAt } = changes
  const startedAt = changes.startedAt ?? (endedAt === undefined ? noon - 20_000 : endedAt - (durationSeconds ?? 0) * 1000)
  return {
    id: 'run-1',
    agentName: 'api-integrator',
    variant: undefined,
    parentId: undefined,
    startedAt,
    state: 'finished',
    endedAt: startedAt + (durationSeconds ?? 0) * 1000,
    traceId: undefined,
    nextAttemptAt: undefined,
    lastProgressAt: startedAt + 1000,
    lastProgress: 'model call ended',
    paused: undefined,
    pausedSeconds: 0,
    attempts: [sampleAttempt()],
    outcome: 'success',
    retryOutcome: 'first_try',
    durationSeconds: 1.2,
    errorType: undefined,
    errorMessage: undefined,
    inputTokens: 1204,
    outputTokens: 310,
    cachedInputTokens: 1024,
    costUsd: 0.0042,
    unpricedCalls: 0,
    toolCalls: 2,
    reusedToolCalls: 1,
    modelCalls: 1,
    httpTries: 2,
    models: ['gpt-5-mini'],
    budget: undefined,
    ...changes,
  }
}

/** Four attempts that all met a 429. */
export function failedRun(changes: Partial<ExecutionRecord> = {}): ExecutionRecord {
  const error = { outcome: 'failure', errorType: '429', errorMessage: 'Rate limit reached for requests' } as const
  return sampleRun({
    modelCalls: 4,
    httpTries: 8,
    attempts: [0, 5, 15, 30].map((waitSeconds, index) =>
      sampleAttempt({ number: index + 1, waitSeconds, durationSeconds: 0.31, ...error }),
    ),
    retryOutcome: 'exhausted',
    durationSeconds: 51.2,
    ...error,
    ...changes,
  })
}

function sampleTotals(changes: Partial<Totals> = {}): Totals {
  return {
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
    ...changes,
  }
}

export function sampleAgent(agentName: string, changes: Partial<AgentMetrics> = {}): AgentMetrics {
  return {
    agentName,
    ...sampleTotals({
      executions: 412,
      failures: 3,
      retries: 21,
      recovered: 18,
      tokens: { input: 812_400, output: 96_311, cachedInput: 405_000 },
      costUsd: 4.12,
      unpricedCalls: 0,
      modelCalls: 1_830,
      httpTries: 2_104,
    }),
    active: 1,
    successRate: 0.992,
    averageSeconds: 2.1,
    p95Seconds: 4.4,
    ...changes,
  }
}

export function sampleMetrics(changes: Partial<ExecutionMetrics> = {}): ExecutionMetrics {
  return {
    ...sampleTotals({
      executions: 1250,
      failures: 225,
      retries: 431,
      recovered: 190,
      tokens: { input: 4_870_000, output: 577_866, cachedInput: 2_435_000 },
      costUsd: 24.72,
      unpricedCalls: 0,
      modelCalls: 5_120,
      httpTries: 6_040,
      reusedToolCalls: 3,
    }),
    agents: [],
    recent: [],
    ...changes,
  }
}

/** A swarm with troubles: what the pictures of the page show. */
export function troubledSwarm(): Required<StatusSources> {
  const names = ['api-integrator', 'code-reviewer', 'docs-writer', 'rapid-builder', 'test-writer', 'web-researcher']
  const agents = names.map((name, index) =>
    name === 'api-integrator'
      ? sampleAgent(name, { failures: 181, executions: 520, retries: 391, successRate: 0.652, p95Seconds: 51.2, active: 2 })
      : sampleAgent(name, { executions: 120 + 37 * index, failures: index, p95Seconds: 1.4 + index * 1.7, active: index % 2 }),
  )
  const recent = Array.from({ length: 14 }, (_, index) => {
    const endedAt = noon - 2_000 - index * 4_300
    const run = {
      id: `8c2f4a1e-${1000 + index}`,
      endedAt,
      traceId: `4bf92f3577b34da6a3ce929d0e0e${4700 + index}`,
      agentName: names[index % names.length]!,
    }
    if (index % 6 === 0) return failedRun(run)
    if (index === 9) return sampleRun({ ...run, outcome: 'cancelled', retryOutcome: 'aborted' })
    if (index % 5 === 2) {
      const attempts = [
        sampleAttempt({ outcome: 'failure', errorType: 'timeout', errorMessage: 'no answer within 20 s', durationSeconds: 20 }),
        sampleAttempt({ number: 2, waitSeconds: 5 }),
      ]
      return sampleRun({ ...run, retryOutcome: 'recovered', durationSeconds: 26.2, attempts })
    }
    return sampleRun({ ...run, durationSeconds: 0.4 + index * 0.13 })
  })
  const active = [
    sampleRun({
      id: 'a',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      state: 'running',
      startedAt: noon - 42_000,
      agentName: 'web-researcher',
      outcome: undefined,
    }),
    failedRun({
      id: 'b',
      state: 'waiting',
      startedAt: noon - 23_000,
      nextAttemptAt: noon + 12_300,
      attempts: failedRun().attempts.slice(0, 2),
    }),
    sampleRun({ id: 'c', state: 'running', startedAt: noon - 3_000, variant: 'terse', outcome: undefined }),
  ]
  const alerts: CurrentAlert[] = [
    {
      name: 'SystemErrorRateWarning',
      severity: 'warning',
      state: 'firing',
      isMuted: false,
      summary: 'error rate 18 % is above 10 %',
      sinceMs: noon - 340_000,
    },
    {
      name: 'AgentSlowResponses',
      severity: 'warning',
      state: 'pending',
      isMuted: false,
      summary: 'p95 11.6 s is above 10 s',
      sinceMs: noon - 62_000,
    },
  ]
  return {
    health: () => sampleHealth(),
    metrics: () => sampleMetrics({ agents, recent }),
    active: () => active,
    alerts: () => alerts,
    now: () => noon,
  }
}
