import { expect, test as sequentialTest } from 'vitest'

import { type Ended, runNode, runRegistered, type RunOptions } from './run-node.ts'
import { deadAddress, type TestCollector, testCollector } from './test-collector.ts'

// child processes start slowly on a busy machine
const test = sequentialTest.concurrent

const signals = [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const

/** A registered program that has run an agent and goes on; `code` comes before that. */
const program = (code = ''): string => `
  import { instrumentAgent } from '@swarmwatch/sdk'
  ${code}
  await instrumentAgent(async () => 'done', { name: 'unsent' })()
  setInterval(() => {}, 1_000)
  console.log('ready')`

/** Runs it, and sends the signals as soon as it is ready. */
function signalled(
  collector: TestCollector | string,
  code: string,
  sent: readonly NodeJS.Signals[],
  options: RunOptions = {},
): Promise<Ended> {
  let isSent = false
  return runRegistered(code, {
    ...options,
    env: {
      METRICS_PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: typeof collector === 'string' ? collector : collector.url,
      ...options.env,
    },
    onOutput(output, kill) {
      options.onOutput?.(output, kill)
      if (isSent || !output.includes('ready')) return
      isSent = true
      for (const signal of sent) kill(signal)
    },
  })
}

/** The spans and metrics of the run that arrived. */
function arrived({ received }: TestCollector): { spans: boolean; metrics: boolean } {
  const has = (path: string, text: string): boolean => received.some((each) => each.path === path && each.body.includes(text))
  return { spans: has('/v1/traces', 'invoke_agent unsent'), metrics: has('/v1/metrics', 'agent.executions') }
}

const everything = { spans: true, metrics: true }

test.each(signals)('a registered program flushes on %s and is ended by it, as without us', async (signal) => {
  await using collector = await testCollector()
  expect(await signalled(collector, program(), [signal])).toMatchObject({ code: null, signal })
  expect(arrived(collector)).toEqual(everything)
})

test('with SWARMWATCH_HANDLE_SIGNALS=false, signals are not handled', async () => {
  await using collector = await testCollector()
  const ended = await signalled(collector, program(), ['SIGTERM'], { env: { SWARMWATCH_HANDLE_SIGNALS: 'false' } })
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' })
  expect(collector.received).toEqual([])
})

test('SWARMWATCH_HANDLE_SIGNALS=true makes startTelemetry() flush on signals; handleSignals in code wins', async () => {
  const started = (options: string): string => `
    import { startTelemetry } from './src/index.ts'
    await startTelemetry(${options})
    ${program()}`
  for (const [options, isFlushed] of [
    ['{}', true],
    ['{ handleSignals: false }', false],
  ] as const) {
    await using collector = await testCollector()
    const ended = await runNode(['--input-type=module', '--eval', started(options)], {
      env: { METRICS_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SWARMWATCH_HANDLE_SIGNALS: 'true' },
      onOutput: (output, kill) => {
        if (output.includes('ready')) kill('SIGTERM')
      },
    })
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(arrived(collector).spans).toBe(isFlushed)
  }
})

const listeners: Readonly<Record<string, readonly [code: string, exit: number]>> = {
  'ends the process after some work': [`process.on('SIGTERM', () => setTimeout(() => process.exit(7), 300))`, 7],
  'listens once and ends the process after some work': [
    `process.once('SIGTERM', () => setTimeout(() => process.exit(7), 300))`,
    7,
  ],
  'ends the process at once': [`process.on('SIGTERM', () => process.exit(5))`, 5],
  'was added in front': [`process.prependListener('SIGTERM', () => process.exit(6))`, 6],
  'shuts telemetry down itself': [
    `import { startTelemetry } from './src/index.ts'
     const telemetry = await startTelemetry({ logger: false })
     process.on('SIGTERM', async () => { await telemetry.shutdown(); process.exit(8) })`,
    8,
  ],
  'lets the process run empty': [
    `process.on('SIGTERM', () => { clearInterval(going); process.exitCode = 9 }); const going = setInterval(() => {}, 50); globalThis.setInterval = () => going`,
    9,
  ],
  'removes itself and sends the signal again, as NestJS does': [
    `const stop = () => setTimeout(() => { process.off('SIGTERM', stop); process.kill(process.pid, 'SIGTERM') }, 100)
     process.on('SIGTERM', stop)`,
    143,
  ],
  'ends the process only if it is alone, after some work, as @openai/agents does': [
    `process.on('SIGTERM', async () => {
       await new Promise(setImmediate)
       if (process.listeners('SIGTERM').length <= 1) process.exit(0)
     })`,
    143,
  ],
  'ends the process only if it is alone, at once, as signal-exit does': [
    `const stop = () => {
       if (process.listenerCount('SIGTERM') > 1) return
       process.off('SIGTERM', stop)
       process.kill(process.pid, 'SIGTERM')
     }
     process.on('SIGTERM', stop)`,
    143,
  ],
}

test.each(Object.entries(listeners))(
  'everything arrives when a listener of the program %s, and the end is its own',
  async (_what, [code, exit]) => {
    await using collector = await testCollector()
    const { code: exitCode, signal } = await signalled(collector, program(code), ['SIGTERM'])
    expect(signal === null ? exitCode : 143).toBe(exit)
    expect(arrived(collector)).toEqual(everything)
  },
)

test('a listener of a program that was there before us decides too', async () => {
  await using collector = await testCollector()
  const earlier = `data:text/javascript,process.once('SIGTERM', () => setTimeout(() => process.exit(4), 200))`
  let isSent = false
  const ended = await runNode(
    ['--import', earlier, '--import', './src/register.ts', '--input-type=module', '--eval', program()],
    {
      env: { METRICS_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      onOutput: (output, kill) => {
        if (!isSent && output.includes('ready')) kill('SIGTERM')
        isSent ||= output.includes('ready')
      },
    },
  )
  expect(ended).toMatchObject({ code: 4, signal: null })
  expect(arrived(collector)).toEqual(everything)
})

test('a program whose listener continues after the signal keeps its telemetry, which a later signal still exports', async () => {
  await using collector = await testCollector()
  const code = `
    import { startTelemetry } from './src/index.ts'
    let count = 0
    process.on('SIGHUP', async () => {
      if (++count > 1) return
      await instrumentAgent(async () => 'done', { name: 'reloaded' })()
      // Longer than the time in which two signals are one request
      setTimeout(() => console.log('reloaded'), 600)
    })`
  let isEnded = false
  const ended = await signalled(collector, program(code), ['SIGHUP'], {
    onOutput(output, kill) {
      if (!output.includes('reloaded') || isEnded) return
      isEnded = true
      kill('SIGTERM')
    },
  })
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' })
  expect(arrived(collector)).toEqual(everything)
  expect(collector.received.some(({ body }) => body.includes('invoke_agent reloaded'))).toBe(true)
})

/** `onProcessEnd` alone, whose `stop` ends when `line` comes on the standard input. */
const stopping = `
  import { onProcessEnd } from './src/process-end.ts'
  const stopped = Promise.withResolvers()
  process.stdin.on('data', () => { console.log('stopped'); stopped.resolve() })
  onProcessEnd({ flush: () => stopped.promise, stop: () => (console.log('stopping'), stopped.promise), flushNow() {}, handleSignals: true })
  console.log('ready')`

test('a second Ctrl-C half a second later ends the process although the flush still runs', async () => {
  const sent: string[] = []
  const ended = await runNode(['--input-type=module', '--eval', stopping], {
    onOutput(output, kill) {
      for (const word of ['ready', 'stopping']) {
        if (!output.includes(word) || sent.includes(word)) continue
        sent.push(word)
        if (word === 'ready') kill('SIGINT')
        else setTimeout(() => kill('SIGINT'), 700)
      }
    },
  })
  expect(ended).toMatchObject({ code: null, signal: 'SIGINT', stdout: 'ready\nstopping\n' })
})

test('a Ctrl-C that comes twice at once, from the terminal and from a package manager, does not cut the flush short', async () => {
  await using collector = await testCollector()
  expect(await signalled(collector, program(), ['SIGINT', 'SIGINT'])).toMatchObject({ code: null, signal: 'SIGINT' })
  expect(arrived(collector)).toEqual(everything)
})

const ends: Readonly<Record<string, readonly [code: string, exit: number]>> = {
  'calls process.exit(3)': ['process.exit(3)', 3],
  'calls process.exit() with an exit code set': ['process.exitCode = 4; process.exit()', 4],
  throws: [`throw new Error('crash')`, 1],
  'throws outside any function': [
    `setTimeout(() => { throw new Error('crash') }, 1); await new Promise(() => setInterval(() => {}, 1_000))`,
    1,
  ],
  'has an unhandled rejection': [
    `void Promise.reject(new Error('crash')); await new Promise(() => setInterval(() => {}, 1_000))`,
    1,
  ],
  'has a listener to uncaughtException that exits': [
    `process.on('uncaughtException', () => process.exit(9)); setTimeout(() => { throw new Error('crash') }, 1); await new Promise(() => setInterval(() => {}, 1_000))`,
    9,
  ],
}

test.each(Object.entries(ends))(
  'what is left arrives when a program %s, and its exit code stays',
  async (_what, [code, exit]) => {
    await using collector = await testCollector()
    const ended = await runRegistered(
      `import { instrumentAgent } from '@swarmwatch/sdk'
     await instrumentAgent(async () => 'done', { name: 'unsent' })()
     ${code}`,
      { env: { METRICS_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } },
    )
    expect(ended).toMatchObject({ code: exit, signal: null })
    expect(arrived(collector)).toEqual(everything)
  },
)

test('process.exit() sends headers and token, and each span once', async () => {
  await using collector = await testCollector()
  const code = `
    import { startTelemetry } from './src/index.ts'
    import { instrumentAgent } from '@swarmwatch/sdk'
    const telemetry = await startTelemetry({ logger: false })
    await instrumentAgent(async () => 'done', { name: 'sent' })()
    await telemetry.flush()
    await instrumentAgent(async () => 'done', { name: 'unsent' })()
    process.exit(0)`
  await runRegistered(code, {
    env: { METRICS_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SWARMWATCH_OTLP_TOKEN: 't0ken' },
  })
  const traces = collector.received.filter(({ path }) => path === '/v1/traces')
  expect(traces.map(({ body }) => body.match(/invoke_agent [a-z]+/g))).toEqual([['invoke_agent sent'], ['invoke_agent unsent']])
  expect(collector.received.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill('Bearer t0ken'))
})

test('process.exit() does not wait for a Collector that is known to be down, and waits briefly for a silent one', async () => {
  for (const url of [await deadAddress(), undefined]) {
    await using collector = await testCollector('silence')
    const code = `
      import { instrumentAgent } from '@swarmwatch/sdk'
      await instrumentAgent(async () => 'done', { name: 'unsent' })()
      process.exit(3)`
    const ended = await runRegistered(code, { env: { METRICS_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: url ?? collector.url } })
    expect(ended).toMatchObject({ code: 3, signal: null })
  }
})

test('a program that never exports is ended by the signal at once and starts no thread', async () => {
  const ended = await signalled('', program(), ['SIGTERM'])
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' })
})
