import { readFileSync } from 'node:fs'

import { SpanKind } from '@opentelemetry/api'
import type { AdviseEnvironment } from '@swarmwatch/advisor'
import type { BridgeOptions } from '@swarmwatch/alert-bridge'
import { type LoadOptions, Secret } from '@swarmwatch/config'
import type * as Config from '@swarmwatch/config'
import type { ProgramDescription } from '@swarmwatch/config/command-line'
import type { ListenOptions, ServeOptions } from '@swarmwatch/config/listen'
import type * as Instrumentation from '@swarmwatch/instrumentation'
import type * as Node from '@swarmwatch/node'
import { emptyAnswer, experiment, isRetryable, refusal } from '@swarmwatch/sdk'
import type * as Sdk from '@swarmwatch/sdk'
import type * as Author from '@swarmwatch/sdk/instrumentation'
import type * as OpenFeature from '@swarmwatch/sdk/openfeature'
import type { StackService } from '@swarmwatch/stack'
import type * as Testing from '@swarmwatch/testing'

/** The options that may be left out, each required. */
type Optional<Options> = Required<
  Pick<Options, { [Key in keyof Options]-?: object extends Pick<Options, Key> ? Key : never }[keyof Options]>
>

interface Ticket {
  readonly id: string
  readonly attempt: number
  readonly userId: string
  readonly signal: AbortSignal
}
type Answer = { readonly text: string; readonly chunks: AsyncIterable<string> }

declare const redact: (value: unknown) => unknown
declare const ticket: Ticket
declare const askSmallerModel: (ticket: Ticket) => Promise<Answer>
declare const myLogger: { info(line: string): void; warn(line: string): void; error(line: string): void }
declare const myPolicy: NonNullable<Sdk.InstrumentAgentOptions<[Ticket], Answer>['policy']>
declare const spanProcessor: NonNullable<Node.TelemetryOptions['spanProcessors']>[number]
declare const metricReader: NonNullable<Node.TelemetryOptions['metricReaders']>[number]
declare const TraceIdRatioBasedSampler: new (share: number) => object
declare const view: object
declare const thrown: unknown

const shorterPrompt = experiment({
  name: 'shorter-prompt',
  variants: { control: 0.5, short: 0.5 },
  key: ({ userId }: Ticket) => userId,
})

/**
 * An example of every option that may be left out, by the module and the name of its interface. The reference shows each one as it is
 * written here; nothing runs it. Types check that no option is missing, and a test that no interface is.
 */
const examples = {
  '@swarmwatch/advisor.AdviseEnvironment': {
    env: { PROMETHEUS_URL: 'http://127.0.0.1:9091' },
    now: () => Date.parse('2026-12-01T09:00:00Z'),
    print: (text) => process.stdout.write(`${text}\n`),
    printError: (text) => process.stderr.write(`${text}\n`),
  } satisfies Optional<AdviseEnvironment>,
  '@swarmwatch/alert-bridge.BridgeOptions': {
    dataDir: '/var/lib/bridge',
    databaseUrl: new Secret('postgres://bridge@db.internal/bridge'),
    proxies: { proxy: new Secret('http://proxy.internal:3128') },
    write: (line) => myLogger.warn(line),
  } satisfies Optional<BridgeOptions>,
  '@swarmwatch/config.LoadOptions': {
    code: { recovery: { maxRetries: 5 } },
    cwd: '/srv/app',
    env: { ...process.env, MONITOR_PORT: '0' },
    file: 'config/staging.yaml',
    readFile: (path) => readFileSync(path, 'utf8'),
  } satisfies Optional<LoadOptions>,
  '@swarmwatch/config.CodeSettings': {
    alerts: { timeZone: 'Europe/Berlin' },
    budgets: { researcher: { usd: 0.5 } },
    handleSignals: true,
    loops: { researcher: { sameToolCall: 5 } },
    metrics: { port: 9464 },
    monitor: { port: 8081 },
    prices: { 'my-model': { input: 0.5, output: 1.5 } },
    providers: { 'gateway.internal': 'openai' },
    quality: { reviewer: { faithfulness: 0.8 } },
    recovery: { maxRetries: 5 },
    strict: true,
    telemetry: { serviceName: 'my-agents' },
  } satisfies Optional<Config.CodeSettings>,
  '@swarmwatch/config.CodeRotation': {
    ical: 'https://calendar.example.com/on-call.ics',
    overrides: [{ person: 'Grace', from: '2026-12-24T09:00', to: '2026-12-27T09:00' }],
    shift: { length: 'weekly', starts: '2026-01-05', at: '09:00' },
    timeZone: 'Europe/Berlin',
  } satisfies Optional<Config.CodeRotation>,
  '@swarmwatch/config.CodeRule': {
    forSeconds: 300,
    severity: 'critical',
  } satisfies Optional<Config.CodeRule>,
  '@swarmwatch/config.AgentBudget': {
    daily: { usd: 50, whenExceeded: 'refuse' },
    modelCalls: 40,
    seconds: 600,
    tokens: 200_000,
    toolCalls: 60,
    usd: 0.5,
  } satisfies Optional<Config.AgentBudget>,
  '@swarmwatch/config.DailyAgentBudget': {
    modelCalls: 10_000,
    tokens: 20_000_000,
    toolCalls: 20_000,
    usd: 50,
    whenExceeded: 'warn',
  } satisfies Optional<Config.DailyAgentBudget>,
  '@swarmwatch/config.AgentLoop': {
    except: ['poll_status'],
  } satisfies Optional<Config.AgentLoop>,
  '@swarmwatch/config.ModelPrice': {
    cacheRead: 0.05,
    cacheWrite: 0.6,
  } satisfies Optional<Config.ModelPrice>,
  '@swarmwatch/config.AgentRecovery': {
    provider: { breaker: true },
  } satisfies Optional<Config.AgentRecovery>,
  '@swarmwatch/config.ProviderRecoverySettings': {
    breaker: true,
    maxWaitSeconds: 600,
    retryBudget: 0.2,
  } satisfies Optional<Config.ProviderRecoverySettings>,
  '@swarmwatch/config.Problem': {
    place: 'config/production.yaml:6',
    value: '-1',
  } satisfies Optional<Config.Problem>,
  '@swarmwatch/config/command-line.ProgramDescription': {
    examples: '  my-program check      find problems in the settings',
    print: (text) => process.stdout.write(`${text}\n`),
    printError: (text) => process.stderr.write(`${text}\n`),
    usage: '[options] <command>',
  } satisfies Optional<ProgramDescription>,
  '@swarmwatch/config/listen.ListenOptions': {
    furtherPorts: 10,
  } satisfies Optional<ListenOptions>,
  '@swarmwatch/config/listen.ServeOptions': {
    furtherPorts: 10,
    keepsProcessAlive: false,
  } satisfies Optional<ServeOptions>,
  '@swarmwatch/instrumentation.AgentInstrumentationConfig': {
    captureContent: true,
    enabled: false,
    frameworks: ['wire', 'ai-sdk'],
    prices: { 'my-model': { input: 0.5, output: 1.5 } },
    providers: { 'gateway.internal': 'openai' },
    semconv: 'latest+1.41',
    warn: (line) => myLogger.warn(line),
  } satisfies Optional<Instrumentation.AgentInstrumentationConfig>,
  '@swarmwatch/instrumentation.ModelPrice': {
    cacheRead: 0.05,
    cacheWrite: 0.6,
  } satisfies Optional<Instrumentation.ModelPrice>,
  '@swarmwatch/instrumentation.SourceConfig': {
    captureContent: true,
    enabled: false,
    warn: (line) => myLogger.warn(line),
  } satisfies Optional<Instrumentation.SourceConfig>,
  '@swarmwatch/instrumentation.WireConfig': {
    captureContent: true,
    enabled: false,
    providers: { 'gateway.internal': 'openai' },
    warn: (line) => myLogger.warn(line),
  } satisfies Optional<Instrumentation.WireConfig>,
  '@swarmwatch/node.TelemetryOptions': {
    alerts: { rules: [{ name: 'high_error_rate', threshold: 0.3 }] },
    budgets: { researcher: { usd: 0.5 } },
    capturesUrlPaths: true,
    configFile: 'config/staging.yaml',
    env: { ...process.env, MONITOR_PORT: '0' },
    environment: 'staging',
    frameworks: { langchain: false },
    handleSignals: true,
    logger: myLogger,
    loops: { researcher: { sameToolCall: 5 } },
    metricReaders: [metricReader],
    metrics: { port: 9464 },
    monitor: { port: 8081 },
    onPortTaken: 'next',
    prices: { 'my-model': { input: 0.5, output: 1.5 } },
    providers: { 'gateway.internal': 'openai' },
    quality: { reviewer: { faithfulness: 0.8 } },
    recovery: { maxRetries: 5 },
    region: 'eu-central-1',
    resourceAttributes: { 'app.team': 'search' },
    serviceInstanceId: 'worker-7',
    serviceName: 'my-agents',
    serviceNamespace: 'acme',
    serviceVersion: '1.4.2',
    spanProcessors: [spanProcessor],
  } satisfies Optional<Node.TelemetryOptions>,
  '@swarmwatch/node.AlertOptions': {
    alertmanagerPassword: process.env['MY_PASSWORD'] ?? '',
    alertmanagerUrl: 'http://alertmanager.internal:9093',
    alertmanagerUser: 'agents',
    channels: [{ type: 'webhook', name: 'on-call', url: 'https://example.com/alerts' }],
    deliver: (group) => myLogger.warn(`${group.status}: ${group.alerts.length} alerts`),
    inProcess: 'on',
    rules: [{ name: 'high_error_rate', threshold: 0.3 }],
    runbooksUrl: 'https://wiki.example.com/runbooks',
  } satisfies Optional<Node.AlertOptions>,
  '@swarmwatch/node.ConditionRule': {
    forSeconds: 60,
    runbookUrl: 'https://wiki.example.com/runbooks/too-many-at-once',
    threshold: 50,
  } satisfies Optional<Node.ConditionRule>,
  '@swarmwatch/node.MetricsOptions': {
    exportIntervalSeconds: 30,
    host: '0.0.0.0',
    port: 9464,
  } satisfies Optional<Node.MetricsOptions>,
  '@swarmwatch/node.MonitorOptions': {
    host: '0.0.0.0',
    intervalSeconds: 15,
    port: false,
    token: process.env['MY_TOKEN'] ?? '',
    traceLink: 'https://jaeger.example.com/trace/{trace_id}',
    trustedProxies: '10.0.0.0/8',
  } satisfies Optional<Node.MonitorOptions>,
  '@swarmwatch/node.RecoveryDefaults': {
    agents: { chat: { maxRetries: 1 } },
    baseDelaySeconds: 2,
    exponentialFactor: 2,
    maxDelaySeconds: 60,
    maxRetries: 5,
    provider: { breaker: true },
    stallTimeoutSeconds: 120,
  } satisfies Optional<Node.RecoveryDefaults>,
  '@swarmwatch/sdk.Budget': {
    daily: { usd: 50 },
    modelCalls: 40,
    seconds: 600,
    tokens: 200_000,
    toolCalls: 60,
    usd: 0.5,
  } satisfies Optional<Sdk.Budget>,
  '@swarmwatch/sdk.DailyBudget': {
    modelCalls: 10_000,
    tokens: 20_000_000,
    toolCalls: 20_000,
    usd: 50,
    whenExceeded: 'stop',
  } satisfies Optional<Sdk.DailyBudget>,
  '@swarmwatch/sdk.LoopLimit': {
    except: ['poll_status'],
  } satisfies Optional<Sdk.LoopLimit>,
  '@swarmwatch/sdk.ConfiguredRecovery': {
    agents: { chat: { maxRetries: 1 } },
    attemptTimeoutSeconds: 120,
    baseDelaySeconds: 2,
    exponentialFactor: 2,
    jitter: 'full',
    maxDelaySeconds: 60,
    maxRetries: 5,
    maxRetryAfterSeconds: 600,
    provider: { breaker: true },
    retryIf: (error, attempt) => attempt < 3 && isRetryable(error),
    stallTimeoutSeconds: 120,
    totalTimeoutSeconds: 900,
  } satisfies Optional<Sdk.ConfiguredRecovery>,
  '@swarmwatch/sdk.EffectiveRecovery': {
    attemptTimeoutSeconds: 120,
    provider: { breaker: true },
    retryIf: (error, attempt) => attempt < 3 && isRetryable(error),
    stallTimeoutSeconds: 120,
    totalTimeoutSeconds: 900,
  } satisfies Optional<Sdk.EffectiveRecovery>,
  '@swarmwatch/sdk.ProviderRecovery': {
    breaker: { calls: 20, failureShare: 0.8 },
    maxWaitSeconds: 600,
    retryBudget: 0.2,
  } satisfies Optional<Sdk.ProviderRecovery>,
  '@swarmwatch/sdk.BreakerOptions': {
    calls: 20,
    failureShare: 0.8,
    maxOpenSeconds: 60,
    openSeconds: 10,
  } satisfies Optional<Sdk.BreakerOptions>,
  '@swarmwatch/sdk.ExecuteWithRecoveryOptions': {
    agentName: 'support',
    attributes: { 'app.tenant': 'acme' },
    budget: { usd: 0.5, modelCalls: 40 },
    captureInput: ([ticket]) => ticket.id,
    captureOutput: ({ text }) => redact(text),
    context: ticket,
    continuation: ({ id, attempt }) => ({ executionId: `tickets/${id}`, attempt, isFinal: attempt === 4 }),
    description: 'Answers a ticket of a customer.',
    errorMessages: (message) => message.replaceAll(/\d{6,}/g, '***'),
    failIf: [emptyAnswer, refusal],
    fallback: [{ name: 'smaller-model', fn: askSmallerModel }],
    healthWindowSeconds: 600,
    kind: 'workflow',
    logger: false,
    loop: { sameToolCall: 5 },
    policy: myPolicy,
    recovery: { maxRetries: 5, totalTimeoutSeconds: 300 },
    signalFrom: ({ signal }) => signal,
    streamOf: ({ chunks }) => chunks,
    variant: shorterPrompt,
  } satisfies Optional<Sdk.ExecuteWithRecoveryOptions<Ticket, Answer>>,
  '@swarmwatch/sdk.ExperimentOptions': {
    key: (ticket) => ticket.userId,
    unit: 'user',
  } satisfies Optional<Sdk.ExperimentOptions<'control' | 'short', [Ticket]>>,
  '@swarmwatch/sdk.ActiveExecutionsOptions': {
    agentName: 'support',
    limit: 50,
  } satisfies Optional<Sdk.ActiveExecutionsOptions>,
  '@swarmwatch/sdk.InstrumentAgentOptions': {
    attributes: { 'app.tenant': 'acme' },
    budget: { usd: 0.5, modelCalls: 40 },
    captureInput: ([ticket]) => ticket.id,
    captureOutput: ({ text }) => redact(text),
    context: { tenant: 'acme' },
    continuation: ({ id, attempt }) => ({ executionId: `tickets/${id}`, attempt, isFinal: attempt === 4 }),
    description: 'Answers a ticket of a customer.',
    errorMessages: (message) => message.replaceAll(/\d{6,}/g, '***'),
    failIf: [emptyAnswer, refusal],
    fallback: [{ name: 'smaller-model', fn: askSmallerModel }],
    healthWindowSeconds: 600,
    kind: 'workflow',
    logger: false,
    loop: { sameToolCall: 5 },
    name: 'support',
    policy: myPolicy,
    recovery: { maxRetries: 5, totalTimeoutSeconds: 300 },
    signalFrom: ({ signal }) => signal,
    streamOf: ({ chunks }) => chunks,
    variant: shorterPrompt,
  } satisfies Optional<Sdk.InstrumentAgentOptions<[Ticket], Answer>>,
  '@swarmwatch/sdk.FlagDetails': {
    errorCode: 'FLAG_NOT_FOUND',
    variant: 'short',
  } satisfies Optional<Sdk.FlagDetails>,
  '@swarmwatch/sdk.Evaluation': {
    explanation: 'cites two sources',
    label: 'pass',
    responseId: 'chatcmpl-123',
    score: 0.8,
  } satisfies Optional<Sdk.Evaluation>,
  '@swarmwatch/sdk.Inference': {
    chunkSeconds: [0.02, 0.03],
    conversationId: 'ticket-7',
    costUsd: 0.0012,
    endedAt: Date.now(),
    error: thrown,
    errorType: 'overloaded',
    finishReasons: ['stop'],
    firstChunkSeconds: 0.4,
    input: [{ role: 'user', parts: [{ type: 'text', content: 'Hello' }] }],
    isPending: true,
    isStream: true,
    operation: 'embeddings',
    output: [{ role: 'assistant', parts: [{ type: 'text', content: 'Hi' }] }],
    provider: 'ollama',
    responseId: 'chatcmpl-123',
    responseModel: 'llama-4-8b',
    retryHeaders: { 'retry-after': '20' },
    seconds: 1.4,
    serverAddress: 'models.internal',
    serverPort: 11_434,
    status: 200,
    systemInstructions: [{ type: 'text', content: 'You answer tickets.' }],
    toolDefinitions: [{ type: 'function', name: 'search' }],
    usage: { inputTokens: 812, outputTokens: 96 },
  } satisfies Optional<Sdk.Inference>,
  '@swarmwatch/sdk.InferenceUsage': {
    cacheReadInputTokens: 600,
    cacheWriteInputTokens: 0,
    inputTokens: 812,
    outputTokens: 96,
    reasoningOutputTokens: 40,
  } satisfies Optional<Sdk.InferenceUsage>,
  '@swarmwatch/sdk.StartOptions': {
    continuation: { executionId: 'tickets/7', attempt: 2, isFinal: false },
  } satisfies Optional<Sdk.StartOptions>,
  '@swarmwatch/sdk.Continuation': {
    firstStartedAt: new Date('2026-12-01T09:00:00Z'),
    previousErrorType: '429',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  } satisfies Optional<Sdk.Continuation>,
  '@swarmwatch/sdk/instrumentation.InferenceStart': {
    client: 'my-client/2.0',
    conversationId: 'ticket-7',
    hasSpan: true,
    isStream: true,
    known: () => ({ usage: { inputTokens: 812 } }),
    model: 'llama-4',
    operation: 'embeddings',
    provider: 'ollama',
    serverAddress: 'models.internal',
    serverPort: 11_434,
    startedAt: Date.now(),
  } satisfies Optional<Author.InferenceStart>,
  '@swarmwatch/sdk/instrumentation.ToolCallStart': {
    arguments: { query: 'invoices' },
    attributes: { 'app.tenant': 'acme' },
    callId: 'call_1',
    description: 'Searches the documents.',
    spanKind: SpanKind.CLIENT,
    spanName: 'tools/call search',
    startedAt: Date.now(),
    type: 'extension',
  } satisfies Optional<Author.ToolCallStart>,
  '@swarmwatch/sdk/instrumentation.InferenceOptions': {
    captureContent: true,
    price: ({ usage }) => (usage.outputTokens ?? 0) * 1e-6,
    seesEveryCall: true,
    semconv: 'latest+1.41',
    warn: (line) => myLogger.warn(line),
  } satisfies Optional<Author.InferenceOptions>,
  '@swarmwatch/sdk/instrumentation.McpOperation': {
    errorType: 'timeout',
    statusCode: '-32602',
  } satisfies Optional<Author.McpOperation>,
  '@swarmwatch/sdk/openfeature.OpenFeatureHookOptions': {
    experiments: ['shorter-prompt'],
    unit: 'user',
  } satisfies Optional<OpenFeature.OpenFeatureHookOptions>,
  '@swarmwatch/sdk/openfeature.ServedExperiment': {
    values: { control: 'long', short: 'short' },
  } satisfies Optional<OpenFeature.ServedExperiment>,
  '@swarmwatch/sdk.VariantChoice': {
    group: 7,
    provider: 'LaunchDarkly',
    share: 0.5,
    unit: 'user',
  } satisfies Optional<Sdk.VariantChoice>,
  '@swarmwatch/stack.StackService': {
    dockerfile: 'Dockerfile',
    hasBuildScript: true,
    packageManager: 'pnpm',
  } satisfies Optional<StackService>,
  '@swarmwatch/testing.IsolationAdapter': {
    hooks: ['redactInput', 'logger'],
    retries: 3,
    streams: false,
  } satisfies Omit<Optional<Testing.IsolationAdapter>, 'start'>,
  '@swarmwatch/testing.IsolationHooks': {
    listener: (event) => myLogger.info(String(event)),
    logger: myLogger,
    redactErrorMessage: (message) => message.replaceAll(/\d{6,}/g, '***'),
    redactInput: (value) => redact(value),
    redactOutput: (value) => redact(value),
  } satisfies Optional<Testing.IsolationHooks>,
  '@swarmwatch/testing.IsolationLimits': {
    graceMs: 500,
    timeoutMs: 10_000,
  } satisfies Optional<Testing.IsolationLimits>,
  '@swarmwatch/testing.IsolationSuiteOptions': {
    atOnce: 4,
    cases: ['telemetry that works'],
    env: { OTEL_LOG_LEVEL: 'error' },
    graceMs: 500,
    nodeArguments: ['--import', 'tsx'],
    startMs: 60_000,
    timeoutMs: 10_000,
  } satisfies Optional<Testing.IsolationSuiteOptions>,
  '@swarmwatch/testing.TestTelemetryOptions': {
    metricReaders: [metricReader],
    sampler: new TraceIdRatioBasedSampler(0.5),
    skipWaits: false,
    spanProcessors: [spanProcessor],
    views: [view],
  } satisfies Optional<Testing.TestTelemetryOptions>,
}

/** The interfaces that have examples. */
export const interfacesWithExamples: readonly string[] = Object.keys(examples)
