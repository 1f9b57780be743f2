import { type Configuration, frameworkSources } from '@swarmwatch/config'
import { AgentInstrumentation, priceTable, type SourceName, sourceNames } from '@swarmwatch/instrumentation'

import { sourcesIn } from '../opentelemetry/framework-observer.ts'
import { type Finding, note, ok, warning, wrong } from './finding.ts'
import type { InstalledPackage } from './opentelemetry-api.ts'

/** The application, as the doctor knows it. */
export interface FrameworkChecks {
  readonly configuration: Pick<Configuration, 'telemetry' | 'prices' | 'recovery'>
  readonly packages: readonly InstalledPackage[]
  /** Folder of the application. */
  readonly cwd: string
  readonly nodeVersion: string
  /** Whether `@swarmwatch/node/register` is loaded before the application. */
  readonly isLoaded: boolean
}

/** Checks that model calls and tool calls of the installed frameworks are seen, priced and retried once. */
export function checkFrameworks({ configuration, packages, cwd, nodeVersion, isLoaded }: FrameworkChecks): Finding[] {
  const installed = new Map(packages.map(({ name, version }) => [name, version]))
  const here = seenPackages.filter(({ name }) => installed.has(name))
  if (here.length === 0) return []
  const chosen = sourceNames.filter((name) => sourcesIn(configuration.telemetry.frameworks).includes(name))
  const names = here.map(({ name }) => `${name} ${installed.get(name)}`).join(', ')
  if (chosen.length === 0) {
    return [note(`model calls and tool calls of ${names} are not seen, because frameworks are off: set SWARMWATCH_FRAMEWORKS=on`)]
  }
  return [
    ok(`model calls and tool calls are seen for ${names}`),
    ...checkWire(nodeVersion, chosen),
    ...AgentInstrumentation.hookProblems(chosen, foldersOf(cwd, packages)).map(wrong),
    ...here.flatMap(({ name, unseen, needsRegister }) => {
      const missing = unseen ?? (isLoaded || !chosen.includes('mcp') ? undefined : needsRegister)
      return missing === undefined ? [] : [note(`${name}: ${missing}`)]
    }),
    ...checkOwnRetries(configuration, here, installed),
    ...checkOtherSpans(installed, chosen),
    checkPriceTable(installed.get(priceTable.package)),
  ]
}

/** A package of model or tool calls. */
interface SeenPackage {
  readonly name: string
  /** Retries of a failed request that its client makes by default; 0 if absent. */
  readonly retries?: number
  /** The setting that turns them off. */
  readonly retryCure?: string
  /** The part that cannot be seen, with the cure. */
  readonly unseen?: string
  /** The cure where `register` is needed and not loaded. */
  readonly needsRegister?: string
}

const preloadCure = 'its tool calls are seen only if node --import @swarmwatch/node/register starts the program'
const clientCure = `${preloadCure}, or after instrumentMcpClient(client) of @swarmwatch/instrumentation`

/** Measured with the versions of docs/frameworks.md. */
const seenPackages: readonly SeenPackage[] = [
  { name: 'ai', retries: 2, retryCure: 'pass maxRetries: 0 to generateText(), streamText() and agents' },
  { name: 'openai', retries: 2, retryCure: 'new OpenAI({ maxRetries: 0 })' },
  { name: '@openai/agents', retries: 2, retryCure: 'setDefaultOpenAIClient(new OpenAI({ maxRetries: 0 }))' },
  { name: '@langchain/core', retries: 6, retryCure: 'pass maxRetries: 0 to each model' },
  { name: '@anthropic-ai/sdk', retries: 2, retryCure: 'new Anthropic({ maxRetries: 0 })' },
  { name: '@google/genai' },
  { name: '@modelcontextprotocol/sdk', needsRegister: clientCure },
  { name: '@modelcontextprotocol/client', needsRegister: clientCure },
  { name: '@modelcontextprotocol/server', needsRegister: preloadCure },
  {
    name: '@mastra/core',
    unseen: 'its model calls are seen, its tool calls only through instrumentTool() or @mastra/otel-bridge',
  },
  {
    name: '@anthropic-ai/claude-agent-sdk',
    unseen: 'its model calls are made by a child process: wrap query with claudeAgent(query) of @swarmwatch/instrumentation',
  },
  {
    name: '@aws-sdk/client-bedrock-runtime',
    unseen: 'its requests do not pass through fetch, so they are not seen: report each call with recordInference()',
  },
]

/** Node's undici publishes the bytes of responses since 7.11. */
function checkWire(nodeVersion: string, chosen: readonly SourceName[]): Finding[] {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  if (!chosen.includes('wire') || major > 24 || (major === 24 && minor >= 4)) return []
  return [
    warning(
      `Node ${nodeVersion} does not publish the bytes of responses: model calls, tokens and cost are seen only through the hooks of ai, @openai/agents and LangChain, and not for other clients; install Node 24.4 or newer`,
    ),
  ]
}

/** With pnpm, a package that a framework depends on can be imported only by the framework. */
function foldersOf(cwd: string, packages: readonly InstalledPackage[]): string[] {
  const frameworks = packages.filter(({ name }) => /^(?:@openai\/agents|langchain|@langchain\/\w+|@mastra\/core)$/.test(name))
  return [cwd, ...frameworks.map(({ folder }) => folder)]
}

/** Retries of a client multiply with ours; only the code can show whether they are turned off. */
function checkOwnRetries(
  { recovery }: Pick<Configuration, 'recovery'>,
  here: readonly SeenPackage[],
  installed: ReadonlyMap<string, string>,
): Finding[] {
  const attempts = 1 + recovery.maxRetries
  return here.flatMap(({ name, retries = 0, retryCure = '' }) => {
    if (retries === 0 || attempts === 1) return []
    return [
      note(
        `${name} ${installed.get(name)} repeats a failed request up to ${retries} times by itself, so a failing run sends up to ${attempts * (1 + retries)} requests instead of ${attempts}: ${retryCure}, unless the code does so`,
      ),
    ]
  })
}

function checkOtherSpans(installed: ReadonlyMap<string, string>, chosen: readonly SourceName[]): Finding[] {
  const version = installed.get('@ai-sdk/otel')
  if (version === undefined || !chosen.includes('ai-sdk')) return []
  return [
    warning(
      `@ai-sdk/otel ${version} makes a second invoke_agent span inside each run of an agent, if the code registers it (numbers are counted once): remove its registration, or set SWARMWATCH_FRAMEWORKS=${frameworkSources.filter((source) => source !== 'ai-sdk').join(',')} and keep its spans`,
    ),
  ]
}

const maxAgeDays = 180

function checkPriceTable(version: string = priceTable.version): Finding {
  const table = `prices of models: ${priceTable.package} ${version}`
  // An override of the application, whose day is not known
  if (version !== priceTable.version) return ok(table)
  const days = Math.floor((Date.now() - Date.parse(priceTable.date)) / 86_400_000)
  const dated = `${table} of ${priceTable.date}`
  return days <= maxAgeDays
    ? ok(dated)
    : warning(`${dated} is ${days} days old: update @swarmwatch/node, or add prices to the settings file`)
}

/** Names the agents that the running application has run; `metrics` is the text of its `/metrics`. */
export function checkAgents(metrics: string): Finding {
  const runs = series(metrics, 'agent_executions_total').filter(({ value }) => value > 0)
  const agents = [...new Set(runs.map(({ labels }) => labels['agent_name'] ?? '?'))].toSorted()
  if (agents.length === 0) {
    return note(
      'no agent has finished a run in the running application: wrap the function that is your agent with instrumentAgent(), start a run, then run the doctor again',
    )
  }
  const more = agents.length > maxAgents ? ` and ${agents.length - maxAgents} more` : ''
  return ok(`agents that ran in the running application: ${agents.slice(0, maxAgents).join(', ')}${more}`)
}

const maxAgents = 10

/** Checks what the running application has counted; `metrics` is the text of its `/metrics`. */
export function checkModelCalls(metrics: string): Finding[] {
  const total = (name: string): number => series(metrics, name).reduce((sum, { value }) => sum + value, 0)
  const [calls, requests] = [total('agent_model_calls_total'), total('agent_model_requests_total')]
  const models = (name: string): string =>
    [...new Set(series(metrics, name).flatMap(({ labels, value }) => (value > 0 ? (labels['gen_ai_request_model'] ?? '?') : [])))]
      .slice(0, 5)
      .join(', ')
  const unpriced = models('swarmwatch_price_unknown_total')
  const withoutUsage = models('swarmwatch_inference_usage_missing_total')
  return [
    ...(requests > calls && calls > 0
      ? [
          warning(
            `the running application sent ${requests} HTTP requests for ${calls} model calls: its clients repeat failed requests by themselves, which multiplies with the retries of Swarmwatch; set maxRetries: 0 in the clients`,
          ),
        ]
      : []),
    ...(unpriced === ''
      ? []
      : [
          warning(
            `no price for ${unpriced}: the cost of these calls is not counted; add prices in the settings file or the code`,
          ),
        ]),
    ...(withoutUsage === ''
      ? []
      : [
          warning(
            `answers of ${withoutUsage} carried no usage, so their tokens and cost are not counted: for streams of an OpenAI-compatible chat API set stream_options: { include_usage: true }`,
          ),
        ]),
  ]
}

interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

function series(metrics: string, name: string): Series[] {
  return [...metrics.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)`, 'gm'))].map(([, labels = '', value]) => ({
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text])) as never,
    value: Number(value),
  }))
}
