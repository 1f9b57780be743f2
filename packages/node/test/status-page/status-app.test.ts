import { getSystemHealth, instrumentAgent } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { figures } from '../../src/status-page/figures.ts'
import { statusApp } from '../../src/status-page/status-app.ts'
import { pageRequests, readText } from './page-requests.ts'
import {
  failedRun,
  noon,
  sampleAgent,
  sampleAttempt,
  sampleHealth,
  sampleMetrics,
  sampleRun,
  troubledSwarm,
} from './sample-swarm.ts'

const section = (html: string, id: string): string => new RegExp(`<section id="${id}">(.*?)</section>`, 's').exec(html)?.[1] ?? ''

test('shows the score, its condition and the points lost to each part', async () => {
  const html = await (await pageRequests()('/')).text()
  expect(readText(section(html, 'health'))).toMatchInlineSnapshot(
    `"Health 71 .9 of 100 degraded Mostly the error rate: 18.0 % costs 21.6 points. Points lost to each part Part Now Took Of Error rate from 0 to 50 % 18.0 % 21.6 60 Slow runs (p95) from 10 to 30 s 11.6 s 2 25 CPU from 80 to 100 % 86.0 % 4.5 15 15 min: steady at 71.9"`,
  )
})

test('shows error rate, response time, active agents, CPU and memory', async () => {
  const html = await (await pageRequests()('/')).text()
  expect(readText(section(html, 'figures'))).toMatchInlineSnapshot(
    `"Key figures Error rate 18.0 % of 1,250 runs that finished recently 15 min: steady at 18.0 % Response time 11.6 s p95 average 3.42 s 15 min: steady at 11.6 s Active agents 2 of 6 3 runs, 1 waiting to retry, 0 models unavailable 15 min: steady at 2 Model calls 5,120 since the start 6,040 HTTP requests, 3 tool results reused Cost $24.72 since the start 5,447,866 tokens, 50.0 % of the input cached, 0 calls of unknown cost CPU and memory CPU 1 core = 100 % 86.0 % Memory of the limit 31.2 %"`,
  )
})

test('shows current alerts with severity, state and since when', async () => {
  const html = await (await pageRequests()('/')).text()
  expect(readText(section(html, 'alerts'))).toMatchInlineSnapshot(
    `"Alerts 1 firing, 1 pending warning SystemErrorRateWarning error rate 18 % is above 10 % firing since 11:54:20 UTC , 5 min 40 s warning AgentSlowResponses p95 11.6 s is above 10 s pending since 11:58:58 UTC , 62 s"`,
  )
})

test('shows running executions with attempt and time left to the next retry', async () => {
  const html = await (await pageRequests()('/')).text()
  expect(readText(section(html, 'running'))).toMatchInlineSnapshot(
    `"Running 3 Running executions, oldest first Agent State Attempt Next retry Last progress Last error Model Cost Budget left For Since Trace web-researcher running 1 - 41 s ago: model call ended - gpt-5-mini $0.0042 - 42 s 11:59:18 4bf92f3577b34da6a3ce929d0e0e4736 api-integrator waiting 2 in 13 s 22 s ago: model call ended 429 Rate limit reached for requests gpt-5-mini $0.0042 - 23 s 11:59:37 - api-integrator variant terse running 1 - 2 s ago: model call ended - gpt-5-mini $0.0042 - 3 s 11:59:57 -"`,
  )
})

test('shows a row for each agent', async () => {
  const agents = [sampleAgent('writer', { failures: 30, successRate: 0.5 }), sampleAgent('idle')]
  delete (agents[1] as { successRate?: number }).successRate
  const html = await (await pageRequests({ metrics: () => sampleMetrics({ agents }) })('/')).text()
  expect(readText(section(html, 'agents'))).toMatchInlineSnapshot(
    `"Agents 2 Since the start 1,250 executions, 225 failed, 190 recovered by 431 retries, 0 cancelled; 5,447,866 tokens, cost $24.72. Requests are the HTTP requests of the model calls; cached is a share of the input tokens. Success and p95 are of the last minutes. Agents of this process Agent Success Executions Failures Retries Active p95 Model calls Requests Tokens Cached Cost writer 50.0 % 412 30 21 1 4.40 s 1,830 2,104 908,711 49.9 % $4.12 idle - 412 3 21 1 4.40 s 1,830 2,104 908,711 49.9 % $4.12"`,
  )
  expect(section(html, 'agents').match(/class="notable"/g)).toHaveLength(1)
})

test('shows finished executions with their attempts and errors; a message that the run has too is not repeated', async () => {
  const recent = [failedRun(), sampleRun({ id: 'run-2', outcome: 'cancelled', retryOutcome: 'aborted', attempts: [] })]
  const html = await (await pageRequests({ metrics: () => sampleMetrics({ recent }) })('/')).text()
  expect(readText(section(html, 'recent'))).toMatchInlineSnapshot(
    `"Recent 2 Outcome Agent Error Attempts Took Ended failure api-integrator 429 Rate limit reached for requests 4 attempts 51.2 s ended 12:00:31 gave up: no attempts left; 1,204 tokens in (1,024 cached), 310 out, $0.0042, 2 tool calls (1 reused) 4 model calls with 8 HTTP requests: gpt-5-mini Rate limit reached for requests started 11:59:40 , execution run-1 Attempts Attempt Waited Took Requests Outcome attempt 1 - 310 ms 2 failure 429 attempt 2 5 s 310 ms 2 failure 429 attempt 3 15 s 310 ms 2 failure 429 attempt 4 30 s 310 ms 2 failure 429 cancelled api-integrator 0 attempts 1.20 s ended 11:59:41 ended by its caller; 1,204 tokens in (1,024 cached), 310 out, $0.0042, 2 tool calls (1 reused) 1 model call with 2 HTTP requests: gpt-5-mini started 11:59:40 , execution run-2"`,
  )
})

test('shows in the row of a run why it failed, and Error where the error has no word of its own', async () => {
  const failed = { outcome: 'failure', errorType: '_OTHER', errorMessage: 'no <greeting>' } as const
  const recent = [failedRun(failed), failedRun({ ...failed, id: 'run-2', errorMessage: undefined })]
  const active = [sampleRun({ state: 'waiting', outcome: undefined, attempts: [sampleAttempt(failed)] })]
  const html = await (await pageRequests({ metrics: () => sampleMetrics({ recent }), active: () => active })('/')).text()
  const rows = [...section(html, 'recent').matchAll(/<summary>.*?<\/summary>/g)].map(([row]) => readText(row))
  expect(rows).toEqual([
    'failure api-integrator Error no <greeting> 4 attempts 51.2 s ended 12:00:31',
    'failure api-integrator Error 4 attempts 51.2 s ended 12:00:31',
  ])
  expect(readText(section(html, 'running'))).toContain('Error no <greeting>')
  expect(html).not.toContain('_OTHER')
})

test('shows running executions with their last progress: running, stuck and paused', async () => {
  const open = { state: 'running', outcome: undefined, startedAt: noon - 4_000_000 } as const
  const active = [
    { ...sampleRun({ ...open, id: 'run-1', lastProgressAt: noon - 4_000, lastProgress: 'page 3 of 9' }), isStuck: false },
    {
      ...sampleRun({ ...open, id: 'run-2', lastProgressAt: noon - 720_000, lastProgress: 'tool call started: search' }),
      isStuck: true,
    },
    {
      ...sampleRun({ ...open, id: 'run-3', paused: { reason: 'approval of the refund', since: noon - 3_600_000 } }),
      isStuck: false,
    },
  ]
  const html = await (await pageRequests({ active: () => active, now: () => noon })('/')).text()
  const cells = [...section(html, 'running').matchAll(/<tr[^>]*>.*?<\/tr>/gs)].map(([row]) => readText(row)).slice(1)
  expect(cells.map((row) => row.replace(/ (?:gpt|\$).*/, ''))).toEqual([
    'api-integrator running 1 - 4 s ago: page 3 of 9 -',
    'api-integrator stuck 1 - 12 min 00 s ago: tool call started: search -',
    'api-integrator paused 1 - paused 1 h 00 min ago: approval of the refund -',
  ])
  expect(section(html, 'running').match(/class="notable"/g)).toHaveLength(2)
})

test('is a quiet page for a process that has done nothing', async () => {
  const health = sampleHealth({
    score: 100,
    lost: { errorRate: 0, p95: 0, resources: 0 },
    activeExecutions: 0,
    executions: 0,
    cpu: 0.01,
  })
  for (const name of ['errorRate', 'averageSeconds', 'p95Seconds'] as const)
    delete (health as { [key in typeof name]?: number })[name]
  const request = pageRequests({ health: () => health, metrics: () => sampleMetrics(), active: () => [], alerts: undefined })
  const html = await (await request('/')).text()
  expect(html).toContain('<title>100 healthy | Swarmwatch</title>')
  for (const words of [
    'No run has finished recently, so no points are lost.',
    'No rules are evaluated in this process.',
    'No agent is running.',
    'No agent has run yet.',
    'No run has finished yet.',
  ])
    expect(readText(html)).toContain(words)
})

test('takes its values from the SDK when nothing else is given', async () => {
  await instrumentAgent(async () => 'done', { name: 'real-agent' })()
  const app = statusApp()
  const answer = await (await app.fetch(new Request('http://localhost/api/health'))).json()
  const { executions, p95Seconds, averageSeconds } = getSystemHealth()
  expect(answer).toMatchObject({ score: 100, executions, p95Seconds, averageSeconds })
  expect(await (await app.fetch(new Request('http://localhost/'))).text()).toContain('<bdi>real-agent</bdi>')
  app.close()
})

test('answers the JSON addresses with the field names of the SDK', async () => {
  const swarm = troubledSwarm()
  const request = pageRequests()
  const { agents, recent, ...totals } = swarm.metrics({ recent: 1000 })
  const health = (await (await request('/api/health')).json()) as Record<string, unknown>
  expect(health).toMatchObject(swarm.health())
  const further = Object.keys(health).filter((key) => !(key in swarm.health()))
  expect(figures.map(({ name }) => name)).toEqual(expect.arrayContaining(further))
  expect(await (await request('/api/agents')).json()).toEqual({ totals, agents })
  expect(await (await request('/api/executions')).json()).toEqual(
    JSON.parse(JSON.stringify({ running: swarm.active({}), recent })) as unknown,
  )
  expect(await (await request('/api/executions?limit=2')).json()).toHaveProperty('recent.length', 2)
})

test('the JSON addresses show one agent when asked for it, by its own name or by the one that they show', async () => {
  const long = 'x'.repeat(100)
  const runs = ['writer', 'reader', long].map((agentName) => sampleRun({ id: agentName.slice(0, 9), agentName }))
  const request = pageRequests({
    metrics: ({ recent, agentName }) =>
      sampleMetrics({
        agents: runs.map((run) => sampleAgent(run.agentName)),
        recent: runs.filter((run) => agentName === undefined || run.agentName === agentName).slice(0, recent),
      }),
    active: ({ agentName }) => runs.filter((run) => agentName === undefined || run.agentName === agentName),
  })
  const namesOf = async (path: string, list: string): Promise<string[]> => {
    const answer = (await (await request(path)).json()) as Record<string, { agentName: string }[]>
    return answer[list]!.map(({ agentName }) => agentName)
  }
  expect(await namesOf('/api/agents?agent=reader', 'agents')).toEqual(['reader'])
  expect(await namesOf('/api/executions?agent=reader', 'running')).toEqual(['reader'])
  expect(await namesOf('/api/executions?agent=reader&limit=5', 'recent')).toEqual(['reader'])
  const shown = (await namesOf('/api/agents', 'agents'))[2]!
  expect(await namesOf(`/api/executions?agent=${shown}`, 'recent')).toEqual([shown])
  expect(await namesOf('/api/agents?agent=nobody', 'agents')).toEqual([])
  expect(await namesOf('/api/executions?agent=nobody', 'running')).toEqual([])
})

test.each([
  ['/api/executions?agnet=x', '/api/executions has no parameter "agnet": it has agent and limit'],
  ['/api/executions?agent=a&outcome=failure', '/api/executions has no parameter "outcome": it has agent and limit'],
  ['/api/agents?limit=3', '/api/agents has no parameter "limit": it has agent'],
  ['/api/health?agent=a', '/api/health has no parameter "agent": it has none'],
  ['/api/executions?agent=a&agent=b', 'agent must be in the address only once'],
  ['/api/agents?agent=', 'agent must be the name of an agent'],
  ['/api/health?%E2%98%83=1', '/api/health has no parameter "\\u2603": it has none'],
])('refuses parameters that it does not know, or twice: %s', async (path, line) => {
  const answer = await pageRequests()(path)
  expect([answer.status, await answer.text()]).toEqual([400, `${line}\n`])
})

test('lists finished runs by their end, under a head for each column, with start and trace in the details', async () => {
  const recent = [
    sampleRun({ id: 'long', startedAt: noon - 60_000, durationSeconds: 59, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }),
    sampleRun({ id: 'short', startedAt: noon - 5_000, durationSeconds: 2 }),
  ]
  const html = await (await pageRequests({ metrics: () => sampleMetrics({ recent }) })('/')).text()
  const text = readText(section(html, 'recent'))
  expect(text).toContain('Outcome Agent Error Attempts Took Ended')
  expect(text.match(/ended \d\d:\d\d:\d\d/g)).toEqual(['ended 11:59:59', 'ended 11:59:57'])
  expect(text).toContain('started 11:59:00 , execution long , trace 4bf92f3577b34da6a3ce929d0e0e4736')
  expect(text).toContain('started 11:59:55 , execution short ')
})

test('a chart ends with the figure above it, also when that is beyond all samples', async () => {
  let health = sampleHealth({ score: 100, errorRate: 0, p95Seconds: 1, activeAgents: 0 })
  let nowMs = noon
  const request = pageRequests({ health: () => health, now: () => nowMs })
  health = sampleHealth({ score: 99.96, errorRate: 0.5, p95Seconds: 9, activeAgents: 4 })
  nowMs += 1
  const html = await (await request('/')).text()
  for (const range of ['99.9 to 100.0', '0 % to 50.0 %', '1.00 s to 9.00 s', '0 to 4']) {
    expect(readText(html)).toContain(` 15 min: ${range} `)
  }
  expect(readText(section(html, 'health'))).toContain('99 .9 of 100')
})

test('active agents are agents; their runs and those that wait are below', async () => {
  const health = sampleHealth({ activeAgents: 1, activeExecutions: 12_000, waitingExecutions: 900 })
  const html = await (await pageRequests({ health: () => health })('/')).text()
  expect(readText(section(html, 'figures'))).toContain(
    'Active agents 1 of 6 12,000 runs, 900 waiting to retry, 0 models unavailable 15 min: steady at 1',
  )
  expect(readText(section(html, 'running'))).toMatch(/^Running 12,000 .* and 11,997 more, which started later$/)
})

test('an alert links to its runbook', async () => {
  const [alert] = troubledSwarm().alerts!()
  const alerts = [{ ...alert!, runbookUrl: 'https://wiki.example.com/"x".md' }]
  const html = await (await pageRequests({ alerts: () => alerts })('/')).text()
  expect(section(html, 'alerts')).toContain('<a href="https://wiki.example.com/&quot;x&quot;.md" rel="noreferrer">Runbook<')
})

test('no address asks for more than it shows, and others have their turn while a long answer is written', async () => {
  const asked: (number | undefined)[] = []
  const runs = Array.from({ length: 1000 }, (_, index) => failedRun({ id: String(index) }))
  const request = pageRequests({
    metrics: ({ recent }) => {
      asked.push(recent)
      return sampleMetrics({ recent: runs.slice(0, recent) })
    },
    active: ({ limit }) => {
      asked.push(limit)
      return runs.slice(0, limit)
    },
  })
  for (const [path, most] of [
    ['/', 100],
    ['/api/agents', 0],
    ['/api/executions', 1000],
  ] as const) {
    asked.length = 0
    await request(path)
    expect([path, asked.every((count) => count !== undefined && count <= most)]).toEqual([path, true])
  }
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const { running, recent } = (await (await request('/api/executions?limit=1000')).json()) as Record<string, unknown[]>
  isOver = true
  expect([running?.length, recent?.length]).toEqual([1000, 1000])
  expect(turns).toBeGreaterThan(50)
})

test.each(['-1', '1001', 'all', '1e2', ''])('refuses the limit "%s"', async (limit) => {
  const answer = await pageRequests()(`/api/executions?limit=${limit}`)
  expect([answer.status, await answer.text()]).toEqual([400, 'limit must be a whole number from 0 to 1000\n'])
})

test.each([
  ['GET', '/healthz', 200, 'text/plain'],
  ['HEAD', '/healthz', 200, 'text/plain'],
  ['HEAD', '/', 200, 'text/html'],
  ['HEAD', '/api/agents', 200, 'application/json'],
  ['HEAD', '/events', 200, 'text/event-stream'],
  ['GET', '/style.css', 200, 'text/css'],
  ['GET', '/live.js', 200, 'text/javascript'],
  ['GET', '/nowhere', 404, 'text/plain'],
  ['GET', '/login', 404, 'text/plain'],
  ['POST', '/', 405, 'text/plain'],
  ['DELETE', '/api/agents', 405, 'text/plain'],
])('answers %s %s with %i %s', async (method, path, status, type) => {
  const answer = await pageRequests()(path, { method })
  expect([answer.status, answer.headers.get('content-type')?.split(';', 1)[0]]).toEqual([status, type])
  if (method === 'HEAD') expect(await answer.text()).toBe('')
})

test.each(['/', '/healthz', '/api/health', '/events', '/nowhere', '/style.css'])('sends strict headers with %s', async (path) => {
  const { headers, body } = await pageRequests()(path)
  await body?.cancel()
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
  expect(headers.get('cache-control')).toBe('no-store')
})

test('has neither inline script nor inline style nor an outside address', async () => {
  const html = await (await pageRequests()('/')).text()
  expect(html).not.toMatch(/<script(?! src="live\.js")|<style|\sstyle=|\son\w+=|https?:|\/\/\w/)
})

test('answers 500 in one line when a source throws, and logs the type of the error once', async () => {
  const lines: string[] = []
  const health = (): never => {
    throw new TypeError('secret')
  }
  const request = pageRequests({ health, warn: (line) => lines.push(line) })
  const answers = [await request('/'), await request('/api/health')]
  expect(answers.map(({ status }) => status)).toEqual([500, 500])
  expect(await answers[0]!.text()).toBe('The page cannot be rendered now; see the log\n')
  expect(lines).toEqual(['the status page cannot be rendered (TypeError); it is not logged again'])
})
