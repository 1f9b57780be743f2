import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import {
  decodeMetrics,
  decodeTraces,
  openHttpServer,
  type OtlpMetric,
  namesOutsideOf,
  repositoryRoot,
  readTelemetryRegistry,
  startProgram,
} from '@swarmwatch/testkit'
import { answer, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { describe, expect, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

const guide = await readFile(new URL('../docs/frameworks.md', import.meta.url), 'utf8')
const whyNot = await installFrameworks()

/** A section of the guide with an example. */
interface Section {
  readonly title: string
  readonly install: string
  readonly example: string
}

const sections: readonly Section[] = guide
  .split(/^## /m)
  .slice(1)
  .flatMap((text) => {
    const [title = ''] = text.split('\n')
    const install = /^```\nnpm install (.*)\n```/m.exec(text)?.[1] ?? ''
    const example = /^```ts\n([\s\S]*?)^```/m.exec(text)?.[1]
    return example === undefined ? [] : [{ title, install, example }]
  })

/** Effects of an example; the provider answers `the weather`, after a call of the tool `weather` where the model has tools. */
interface Expected {
  readonly prints: string
  readonly toolCalls: number
  /** Its model has tools. @default false */
  readonly asksForTool?: boolean
  /** Model calls and tokens of an example that does not call the provider. @default the provider's bill */
  readonly uses?: { readonly calls: number; readonly input: number; readonly output: number }
}

const expected: Readonly<Record<string, Expected>> = {
  'AI SDK': { prints: 'the weather', toolCalls: 1, asksForTool: true },
  OpenAI: { prints: 'the weather', toolCalls: 1 },
  'OpenAI Agents': { prints: 'the weather', toolCalls: 1, asksForTool: true },
  LangChain: { prints: 'the weather', toolCalls: 1, asksForTool: true },
  Anthropic: { prints: 'the weather', toolCalls: 0 },
  Gemini: { prints: 'the weather', toolCalls: 0 },
  Mastra: { prints: 'the weather', toolCalls: 0 },
  MCP: { prints: 'sunny in Bern', toolCalls: 1 },
  'Claude Agent SDK': { prints: 'done', toolCalls: 1, uses: { calls: 2, input: 44, output: 40 } },
  'Anything else': { prints: 'about the weather in Bern', toolCalls: 0, uses: { calls: 1, input: 812, output: 96 } },
}

test('every example of the guide to frameworks runs', () => {
  expect(sections.map(({ title }) => title).toSorted()).toEqual(Object.keys(expected).toSorted())
})

test.for(sections)('the install line of $title has every package that its example imports', ({ install, example }) => {
  const imported = [...example.matchAll(/ from '((?:@[^/']+\/)?[^/']+)/g)].map(([, name]) => name!)
  const always = ['@swarmwatch/sdk', '@swarmwatch/node', '@opentelemetry/api']
  expect(imported.filter((name) => !always.includes(name) && !install.split(' ').includes(name))).toEqual([])
})

describe.skipIf(whyNot !== undefined)('with --import @swarmwatch/node/register', () => {
  test.for(sections)('the example of $title reports its model calls, tokens and tool calls', async ({ title, example }) => {
    const { prints, toolCalls: tools, asksForTool, uses } = expected[title]!
    const script = asksForTool
      ? [toolCalls({ name: 'weather', input: { place: 'Bern' } }), answer('the weather')]
      : [answer('the weather')]
    await using provider = await openModelProvider(script)
    await using collector = await openHttpServer()
    const program = startProgram(
      process.execPath,
      ['--conditions=swarmwatch-source', '--import=@swarmwatch/node/register', await written(title, example)],
      {
        cwd: repositoryRoot,
        env: {
          PATH: process.env['PATH'],
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          MONITOR_PORT: '0',
          METRICS_PORT: '0',
          OPENAI_BASE_URL: provider.openaiUrl,
          OPENAI_API_KEY: 'k',
          ANTHROPIC_BASE_URL: provider.url,
          ANTHROPIC_API_KEY: 'k',
          GOOGLE_GEMINI_BASE_URL: provider.url,
          GEMINI_API_KEY: 'k',
        },
      },
    )
    const { code } = await program.ended
    expect({ code, output: program.output() }).toEqual({ code: 0, output: expect.stringContaining(prints) as string })

    const bodies = (path: string): Buffer[] =>
      collector.requests.filter((request) => request.path === path).map(({ bytes }) => bytes)
    const spans = bodies('/v1/traces').flatMap(decodeTraces)
    const metrics = decodeMetrics(bodies('/v1/metrics').at(-1)!)
    const billed = provider.billed()
    expect({
      runs: spans.filter(({ name }) => name === 'invoke_agent reporter').length,
      modelCalls: sumOf(metrics, 'agent.model.calls'),
      input: sumOf(metrics, 'agent.tokens', 'input'),
      output: sumOf(metrics, 'agent.tokens', 'output'),
      toolCalls: countOf(metrics, 'gen_ai.execute_tool.duration'),
      namesOutsideOfTheRegistry: namesOutsideOf(registry, { metrics: metrics.filter(isOurs), spans: spans.filter(isOurs) }),
    }).toEqual({
      runs: 1,
      modelCalls: uses?.calls ?? billed.answers,
      input: uses?.input ?? billed.inputTokens,
      output: uses?.output ?? billed.outputTokens,
      toolCalls: tools,
      namesOutsideOfTheRegistry: [],
    })
  })
})

const registry = readTelemetryRegistry()
/** Frameworks and `@swarmwatch/node` have spans and metrics of their own. */
const isOurs = ({ scope }: { readonly scope: string }): boolean =>
  scope === '@swarmwatch/sdk' || scope === '@swarmwatch/instrumentation'

/** Writes the example where the packages of test/frameworks are found; returns its path. */
async function written(title: string, example: string): Promise<string> {
  const folder = new URL('frameworks/node_modules/.examples/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const file = new URL(`${title.toLowerCase().replaceAll(' ', '-')}.mjs`, folder)
  await writeFile(new URL('recorded-claude.mjs', folder), recordedClaude)
  await writeFile(file, example.replace("'@anthropic-ai/claude-agent-sdk'", "'./recorded-claude.mjs'"))
  return fileURLToPath(file)
}

/** The real package with a recorded Claude Code, whose own program has 380 MB. */
const recordedClaude = `import { query as ask } from '@anthropic-ai/claude-agent-sdk'
export const query = ({ prompt }) =>
  ask({
    prompt,
    options: {
      pathToClaudeCodeExecutable: ${JSON.stringify(fileURLToPath(new URL('frameworks/claude-code.mjs', import.meta.url)))},
      executable: process.execPath,
      env: { PATH: process.env.PATH, CLAUDE_CASE: 'tool' },
    },
  })
`

function sumOf(metrics: readonly OtlpMetric[], name: string, direction?: string): number {
  return pointsOf(metrics, name)
    .filter(({ attributes }) => direction === undefined || attributes['direction'] === direction)
    .reduce((sum, { value }) => sum + value, 0)
}

function countOf(metrics: readonly OtlpMetric[], name: string): number {
  return pointsOf(metrics, name).reduce((sum, { count = 0 }) => sum + count, 0)
}

function pointsOf(metrics: readonly OtlpMetric[], wanted: string): OtlpMetric['points'] {
  return metrics.flatMap(({ name, points }) => (name === wanted ? points : []))
}
