import { fileURLToPath } from 'node:url'

import { decodeTraces, freePort, openHttpServer, startProgram } from '@swarmwatch/testkit'
import { answer, failure, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { expect, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

const whyNot = await installFrameworks()
const folder = fileURLToPath(new URL('frameworks/', import.meta.url))

test.skipIf(whyNot !== undefined)(
  'register exports and prints no prompt, answer, argument, result or key, and each request has the trace context of its model call',
  async () => {
    await using provider = await openModelProvider(({ json }) =>
      json['tools'] === undefined || JSON.stringify(json).includes('result-marker')
        ? answer()
        : toolCalls({ name: 'look', input: { place: 'argument-marker' } }),
    )
    await using failing = await openModelProvider([failure(500)])
    await using collector = await openHttpServer()
    const args = [
      '--conditions=swarmwatch-source',
      '--import=@swarmwatch/node/register',
      'all-runs.mjs',
      provider.url,
      failing.url,
    ]
    const env = {
      PATH: process.env['PATH'],
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs/dup',
      METRICS_PORT: String(await freePort()),
      MONITOR_PORT: String(await freePort()),
    }
    const program = startProgram(process.execPath, args, { cwd: folder, env })
    expect(await program.ended, program.output()).toEqual({ code: 0, signal: null })

    const paths = new Set(collector.requests.map(({ path }) => path))
    expect([...paths].toSorted()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces'])
    const exported = collector.requests.map(({ bytes }) => bytes.toString('latin1')).join('\n')
    expect(exported).toContain('invoke_agent openai agents')
    expect(exported).not.toContain('-marker')
    expect(program.output()).not.toContain('-marker')

    const spans = collector.requests.filter(({ path }) => path === '/v1/traces').flatMap(({ bytes }) => decodeTraces(bytes))
    const requests = [...provider.requests, ...failing.requests]
    const contexts = requests.map(
      ({ headers }) => /^00-([\da-f]{32})-([\da-f]{16})-01$/.exec(String(headers['traceparent'])) ?? [],
    )
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    expect(contexts.map(([, traceId, spanId = '']) => byId.get(spanId)?.traceId === traceId)).toEqual(requests.map(() => true))
    const names = new Set(contexts.map(([, , spanId = '']) => byId.get(spanId)?.name))
    // Anthropic's client has a span of its own, which takes the place of ours
    expect(names).toEqual(new Set(['chat m', 'anthropic.messages.create', 'generate_content m']))
  },
)
