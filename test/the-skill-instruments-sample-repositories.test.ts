import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { decodeTraces, freePort, type HttpServer, openHttpServer, type Program, startProgram } from '@swarmwatch/testkit'
import { answer, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { openPackageRegistry, type PackageRegistry } from './package-registry.ts'
import { packPublished } from './packed-packages.ts'

const skill = await readFile('skills/instrument-with-swarmwatch/SKILL.md', 'utf8')
const samples = fileURLToPath(new URL('skill-samples', import.meta.url))

/** A sample repository, with the decisions that the skill leaves to its reader. */
interface Sample {
  readonly name: string
  readonly way: 'Plain' | 'Existing OpenTelemetry'
  /** File of the agent, its function and its name; absent where there is no agent. */
  readonly agent?: { readonly file: string; readonly NAME: string; readonly AGENT: string }
  /** Runs the instrumented application as its users do, up to an answer. */
  readonly use: (program: Program) => Promise<void>
  /** Spans that must arrive at the collector. */
  readonly spans: readonly string[]
  /** Findings of the doctor, with the level `ok`. */
  readonly ok: readonly RegExp[]
}

const untilEnd = async (program: Program): Promise<void> => {
  expect(await program.ended, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toContain('the weather')
}

const isLoaded = /script start of package\.json loads @swarmwatch\/node\/register/
const repositories: readonly Sample[] = [
  {
    name: 'express-openai',
    way: 'Plain',
    agent: { file: 'server.mjs', NAME: 'answer', AGENT: 'answerer' },
    use: async (program) => {
      const [, url] = await program.printed(/listening on (http\S+)/)
      expect(await (await fetch(`${url}/answers?question=Bern`)).text()).toBe('the weather')
    },
    spans: ['invoke_agent answerer', 'chat gpt-4.1-mini'],
    ok: [/running application records metrics/, /agents that ran .*answerer/, /seen for openai/],
  },
  {
    name: 'ai-sdk-script',
    way: 'Plain',
    agent: { file: 'summarize.mjs', NAME: 'summarize', AGENT: 'summarizer' },
    use: untilEnd,
    spans: ['invoke_agent summarizer', 'chat gpt-4.1-mini'],
    ok: [isLoaded, /seen for ai/],
  },
  {
    name: 'langgraph',
    way: 'Plain',
    agent: { file: 'research.mjs', NAME: 'research', AGENT: 'researcher' },
    use: untilEnd,
    spans: ['invoke_agent researcher', 'chat gpt-4.1-mini', 'execute_tool weather'],
    ok: [isLoaded, /seen for .*@langchain\/core/],
  },
  {
    name: 'mcp-server',
    way: 'Plain',
    use: untilEnd,
    spans: ['tools/call forecast'],
    ok: [isLoaded, /seen for @modelcontextprotocol\/sdk/],
  },
  {
    name: 'existing-opentelemetry',
    way: 'Existing OpenTelemetry',
    agent: { file: 'review.mjs', NAME: 'review', AGENT: 'reviewer' },
    use: untilEnd,
    spans: ['invoke_agent reviewer', 'chat gpt-4.1-mini'],
    ok: [/seen for openai/],
  },
]

let outside: string
let registry: PackageRegistry
beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'swarmwatch-skill-'))
  registry = await openPackageRegistry(await packPublished(outside))
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await rm(outside, { recursive: true, force: true })
})

test('the skill has the form of Agent Skills: its folder is its name, with a description of when to use it', () => {
  const [, frontMatter = ''] = /^---\n([\s\S]*?)\n---\n/.exec(skill) ?? []
  const { name, description } = parse(frontMatter) as { readonly name: string; readonly description: string }
  expect(name).toBe('instrument-with-swarmwatch')
  expect(description).toContain('Use when')
  expect(description.length).toBeLessThan(1024)
  expect(skill.split('\n').length).toBeLessThan(500)
})

describe.concurrent.each(repositories)('the sample repository $name', (sample) => {
  test('sends its runs after the steps of the skill, and the doctor is content', async () => {
    await using provider = await openModelProvider(
      sample.name === 'langgraph'
        ? [toolCalls({ name: 'weather', input: { place: 'Bern' } }), answer('the weather')]
        : [answer('the weather')],
    )
    await using collector = await openHttpServer()
    const folder = join(outside, sample.name)
    await cp(join(samples, sample.name), folder, { recursive: true })
    const { NODE_OPTIONS: _, NODE_ENV: __, VITEST: ___, ...outer } = process.env
    const env: NodeJS.ProcessEnv = {
      ...outer,
      PATH: `${dirname(process.execPath)}:${outer['PATH']}`,
      METRICS_PORT: String(await freePort()),
      MONITOR_PORT: String(await freePort()),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OPENAI_BASE_URL: provider.openaiUrl,
      OPENAI_API_KEY: 'k',
      OTEL_SERVICE_NAME: sample.name,
    }
    const start = (command: string): Program => startProgram('/bin/sh', ['-c', `exec ${command}`], { cwd: folder, env })
    const run = async (command: string): Promise<{ readonly code: number | null; readonly output: string }> => {
      const program = start(command)
      return { code: (await program.ended).code, output: program.output() }
    }

    // Step 2
    for (const command of ['npm install', ...linesOf(blockOf(2, 'sh', sample.way))]) {
      const { code, output } = await run(`${command} --no-audit --no-fund ${registry.npmOption}`)
      expect(code, output).toBe(0)
    }
    // Step 3
    const setUp = sample.way === 'Plain' ? 'package.json' : 'telemetry.mjs'
    expect(await edit(join(folder, setUp), blockOf(3, 'diff', sample.way)), 'step 3').toBe(true)
    if (sample.agent !== undefined) {
      const { file, ...values } = sample.agent
      // Steps 4 and 5
      expect(await edit(join(folder, file), blockOf(4, 'diff'), values), 'step 4').toBe(true)
      const found = await blocksOf(5, 'diff').reduce(
        async (before, block) => ((await edit(join(folder, file), block)) ? (await before) + 1 : before),
        Promise.resolve(0),
      )
      expect(found, 'step 5').toBe(1)
    }

    // Step 6
    const { scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { scripts: { start: string } }
    const program = sample.name === 'mcp-server' ? start(await mcpClient(folder, scripts.start)) : start(scripts.start)
    await sample.use(program)
    const [doctor] = linesOf(blockOf(6, 'sh'))
    const checked = await run(`${doctor!} 2>/dev/null`)
    program.kill('SIGTERM')
    await program.ended
    const { isHealthy, findings } = JSON.parse(checked.output) as Report
    const notOk = findings.filter(({ level, text }) => level === 'wrong' || (level === 'warning' && !ofTheOperator.test(text)))
    expect({ code: checked.code, isHealthy, notOk }).toEqual({ code: 0, isHealthy: true, notOk: [] })
    const texts = findings.filter(({ level }) => level === 'ok').map(({ text }) => text)
    for (const pattern of sample.ok) expect(texts).toContainEqual(expect.stringMatching(pattern))
    expect(spansAt(collector)).toEqual(expect.arrayContaining([...sample.spans]))
  }, 300_000)
})

/** Warnings that the skill leaves to the operator; the scripted model on 127.0.0.1 has no price. */
const ofTheOperator = /^there is no alert channel besides the console|^no price for/

interface Report {
  readonly isHealthy: boolean
  readonly findings: readonly { readonly level: string; readonly text: string }[]
}

function spansAt(collector: HttpServer): string[] {
  return collector.requests
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(({ bytes }) => decodeTraces(bytes).map(({ name }) => name))
}

/** Writes a client that starts the server over stdio and calls its tool; returns the command that starts it. */
async function mcpClient(folder: string, startCommand: string): Promise<string> {
  const [command, ...args] = startCommand.split(' ')
  await writeFile(
    join(folder, 'ask.mjs'),
    `import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
const client = new Client({ name: 'asker', version: '1.0.0' })
await client.connect(new StdioClientTransport({ command: ${JSON.stringify(command)}, args: ${JSON.stringify(args)}, env: process.env }))
console.log(JSON.stringify((await client.callTool({ name: 'forecast', arguments: { place: 'the weather in Bern' } })).content))
await client.close()
`,
  )
  return 'node ask.mjs'
}

/** The blocks of a language in a step; of one way, those below its name. */
function blocksOf(step: number, language: 'sh' | 'diff', way?: Sample['way']): string[] {
  const section = skill.split(/^## /m).find((text) => text.startsWith(`${step}. `)) ?? ''
  const part =
    way === undefined ? section : section.split(/^(?=Plain|Existing OpenTelemetry)/m).find((text) => text.startsWith(way))
  return [...(part ?? '').matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block]) => block!)
}

function blockOf(step: number, language: 'sh' | 'diff', way?: Sample['way']): string {
  const [block] = blocksOf(step, language, way)
  if (block === undefined) throw new Error(`SKILL.md must have a block ${language} in step ${step} for ${way ?? 'every way'}`)
  return block
}

function linesOf(block: string): string[] {
  return block.trim().split('\n')
}

/**
 * Applies an edit of the skill to a file: lines with `-` become those with `+`, words in capitals stand for what is there, and a first
 * line that imports is put at the top. Returns false, and changes nothing, if the file has no such lines.
 */
async function edit(file: string, block: string, values: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const lines = linesOf(block)
  const [top, rest] = lines[0]!.startsWith('+import ') ? [`${lines[0]!.slice(1)}\n`, lines.slice(1)] : ['', lines]
  const before = rest.filter((line) => !line.startsWith('+')).map((line) => line.slice(1))
  const after = rest.filter((line) => !line.startsWith('-')).map((line) => line.slice(1))
  const pattern = before
    .join('\n')
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\b[A-Z]{4,}\b/g, (word) => (word in values ? values[word]! : `(?<${word}>${captured[word]!})`))
  const text = await readFile(file, 'utf8')
  const match = new RegExp(pattern, 'm').exec(text)
  if (match === null) return false
  const replacement = after
    .join('\n')
    .replaceAll(/\b(?:NAME|AGENT|PARAMETERS|BODY|ARGUMENTS)\b/g, (word) => values[word] ?? match.groups?.[word] ?? word)
  const changed = text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length)
  await writeFile(file, top + changed)
  return true
}

const captured: Readonly<Record<string, string>> = { PARAMETERS: '[^)]*', ARGUMENTS: '[^"]*', BODY: '[\\s\\S]*?' }
