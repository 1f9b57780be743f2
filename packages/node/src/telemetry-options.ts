import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import {
  type CodeChannel,
  type CodeRule,
  type Configuration,
  type FrameworkSource,
  frameworkSources,
  type BudgetSettings,
  type LoopSettings,
  type ModelPrice,
  type Problem,
  type QualitySettings,
  shownValue,
  type ProviderRecoverySettings,
} from '@swarmwatch/config'

import type { Deliver } from './alerts/group-receiver.ts'
import { type ConditionRule, conditionRuleProblems } from './alerts/in-process-rule.ts'
import type { TelemetryLogger } from './logger.ts'

/**
 * Options of `startTelemetry()`. Every setting: code > environment > configuration file > default.
 */
export interface TelemetryOptions {
  /** `service.name`. @default OTEL_SERVICE_NAME, or `unknown_service:node` */
  serviceName?: string
  /** `service.namespace`. @default the environment's, or `swarmwatch` */
  serviceNamespace?: string
  /** `service.version`. @default the environment's, npm_package_version, or `unknown` */
  serviceVersion?: string
  /**
   * `service.instance.id`; two processes with the same one corrupt each other's series.
   * @default the environment's, or a random UUID
   */
  serviceInstanceId?: string
  /** `deployment.environment.name`. @default the environment's, NODE_ENV, or `development` */
  environment?: string
  /** `cloud.region`. @default the environment's, CLOUD_REGION or AWS_REGION; else absent */
  region?: string
  /** Further resource attributes, over those of OTEL_RESOURCE_ATTRIBUTES. @default none */
  resourceAttributes?: Readonly<Record<string, string | number | boolean>>
  /**
   * Path of the configuration file; `false` reads none.
   * @default SWARMWATCH_CONFIG, or `config/production.yaml` when it is there
   */
  configFile?: string | false
  /**
   * Sources of model calls and tool calls that need no code: `false` for none, or the ones to leave out, as in
   * `{ langchain: false }`.
   * @default SWARMWATCH_FRAMEWORKS, or all
   */
  frameworks?: boolean | Readonly<Partial<Record<FrameworkSource, boolean>>>
  /**
   * Prices in US dollars per million tokens, by the name of the model or by `provider/model`. A cost that the
   * provider sends overrides them.
   * @default those of the configuration file, then the price table of `@pydantic/genai-prices`
   */
  prices?: Readonly<Record<string, ModelPrice>>
  /**
   * Limits of one run of an agent, by its name; see `budget` of `instrumentAgent()`.
   * @default those of the configuration file
   */
  budgets?: BudgetSettings
  /**
   * Limits for repeated tool calls of an agent, by its name; see `loop` of `instrumentAgent()`.
   * @default those of the configuration file
   */
  loops?: LoopSettings
  /**
   * Objectives for the mean scores of an agent, by its name and the name of the evaluation, as in
   * `{ reviewer: { faithfulness: 0.8 } }`.
   * @default those of the configuration file
   */
  quality?: QualitySettings
  /**
   * Providers of model servers that only you know, such as a gateway: `host` or `host:port` to a value of
   * `gen_ai.provider.name`, as in `{ 'gateway.internal': 'openai' }`. Its models then have the prices of
   * the provider.
   * @default those of the configuration file
   */
  providers?: Readonly<Record<string, string>>
  /** Settings of `/metrics`. @default those of the configuration */
  metrics?: MetricsOptions
  /** Defaults for every wrapped agent of this process. @default those of the configuration */
  recovery?: RecoveryDefaults
  /** Settings of the status page. @default those of the configuration */
  monitor?: MonitorOptions
  /** Alert rules that are evaluated in the process, and where their alerts are sent. @default those of the configuration */
  alerts?: AlertOptions
  /**
   * When a port for `/metrics` or the status page is taken: log one line and continue without it,
   * or try the next ports.
   * @default 'warn'
   */
  onPortTaken?: 'warn' | 'next'
  /**
   * On SIGTERM, SIGINT and SIGHUP: export the rest, then end the process by the signal. If the
   * application has a listener of its own, that listener decides when the process ends.
   * @default SWARMWATCH_HANDLE_SIGNALS, or false; with `@swarmwatch/node/register` true
   */
  handleSignals?: boolean
  /**
   * Spans of outgoing requests keep the path of the URL, which may contain the input of an agent;
   * never the query.
   * @default false
   */
  capturesUrlPaths?: boolean
  /** Further span processors, in addition to the OTLP exporter. @default none */
  spanProcessors?: readonly SpanProcessor[]
  /** Further metric readers, in addition to `/metrics` and the OTLP exporter. @default none */
  metricReaders?: readonly IMetricReader[]
  /** Receives the log lines of this package; `false` turns them off. @default the console */
  logger?: TelemetryLogger | false
  /** @default process.env */
  env?: Readonly<Record<string, string | undefined>>
}

/** The scrape endpoint, and the interval of the OTLP export. */
export interface MetricsOptions {
  /** 0 takes a free port; `false` serves no `/metrics`. @default METRICS_PORT, or 9090 */
  port?: number | false
  /** @default METRICS_HOST, or 127.0.0.1 */
  host?: string
  /** Interval of the OTLP export in seconds. @default METRICS_EXPORT_INTERVAL, or 15 */
  exportIntervalSeconds?: number
}

/** The status page, and the interval of the alert rules. */
export interface MonitorOptions {
  /** 0 takes a free port; `false` serves no page. @default MONITOR_PORT, or 8080 */
  port?: number | false
  /** @default MONITOR_HOST, or 127.0.0.1 */
  host?: string
  /** Readers of the page must send it. @default MONITOR_TOKEN, or none */
  token?: string
  /**
   * Reverse proxies whose X-Forwarded-For is trusted: `'10.0.0.0/8, ::1'`.
   * @default MONITOR_TRUSTED_PROXIES, or none
   */
  trustedProxies?: string
  /**
   * Address at which a trace opens in a browser, with `{trace_id}` in place of its id.
   * @default TRACE_LINK, or Explore of GRAFANA_URL, or none
   */
  traceLink?: string
  /** @default MONITOR_INTERVAL, or 30 */
  intervalSeconds?: number
}

/** The alert rules that are evaluated in this process, and the destination of their alerts. */
export interface AlertOptions {
  /**
   * `auto`: unless metrics are exported by OTLP, where Prometheus evaluates the rules.
   * @default the file's, or `auto`
   */
  inProcess?: Configuration['alerts']['inProcess']
  /**
   * Rules by name with other thresholds, or of your own with a condition.
   * @default the file's, or the built-in ones
   */
  rules?: readonly (CodeRule | ConditionRule)[]
  /** Channels of the bridge in this process. @default the file's */
  channels?: readonly CodeChannel[]
  /**
   * Delivers groups of alerts, in the format of Alertmanager's webhook; used before
   * ALERTMANAGER_URL, the bridge and the console.
   * @default none
   */
  deliver?: Deliver
  /** @default ALERTMANAGER_URL, or none */
  alertmanagerUrl?: string
  /** User at Alertmanager. @default ALERTMANAGER_USER, or `swarmwatch` */
  alertmanagerUser?: string
  /**
   * Password at Alertmanager.
   * @default ALERTMANAGER_PASSWORD or the content of ALERTMANAGER_PASSWORD_FILE, or none
   */
  alertmanagerPassword?: string
  /**
   * Base URL of docs/runbooks: alerts link to `<runbooksUrl>/<alert>.md`.
   * @default RUNBOOKS_URL, or none
   */
  runbooksUrl?: string
}

/** The recovery settings of the operator, which apply to every agent of the process. */
export interface RecoveryDefaults {
  /** An agent is called at most 1 + maxRetries times. @default MAX_RETRIES, or 3 */
  maxRetries?: number
  /** @default BASE_RETRY_DELAY, or 5 */
  baseDelaySeconds?: number
  /** @default MAX_RETRY_DELAY, or 30 */
  maxDelaySeconds?: number
  /** @default RETRY_EXPONENTIAL_FACTOR, or 3 */
  exponentialFactor?: number
  /** Longest time without progress in an attempt. @default STALL_TIMEOUT, or none */
  stallTimeoutSeconds?: number
  /** Breaker, retry budget and longest wait for a provider that is unavailable. @default recovery.provider of the file, or off */
  provider?: ProviderRecoverySettings
  /** Limits of single agents, by name. @default none */
  agents?: Readonly<Record<string, Omit<RecoveryDefaults, 'agents'>>>
}

/** The valid options, and the problems of the others. */
export interface CheckedOptions {
  readonly usable: TelemetryOptions
  readonly problems: readonly Problem[]
}

type Check = readonly [rule: string, holds: (value: unknown) => boolean]

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const isFunction = (value: unknown): boolean => typeof value === 'function'
const text: Check = ['must be a string', (value) => typeof value === 'string']
const onOff: Check = ['must be true or false', (value) => typeof value === 'boolean']
const anObject: Check = ['must be an object', isObject]
const objects: Check = ['must be a list of objects', (value) => Array.isArray(value) && value.every(isObject)]

const checks: Record<keyof TelemetryOptions, Check> = {
  // Checked with the settings of the other sources
  serviceName: ['', () => true],
  serviceNamespace: text,
  serviceVersion: text,
  serviceInstanceId: text,
  environment: text,
  region: text,
  resourceAttributes: anObject,
  configFile: ['must be a path or false', (value) => typeof value === 'string' || value === false],
  frameworks: [
    `must be true, false, or an object with ${frameworkSources.join(', ')}, each true or false`,
    (value) => typeof value === 'boolean' || isChoiceOfSources(value),
  ],
  // Checked with the settings of the other sources
  prices: ['', () => true],
  budgets: ['', () => true],
  loops: ['', () => true],
  quality: ['', () => true],
  providers: ['', () => true],
  metrics: anObject,
  recovery: anObject,
  monitor: anObject,
  alerts: anObject,
  onPortTaken: ["must be 'warn' or 'next'", (value) => value === 'warn' || value === 'next'],
  handleSignals: onOff,
  capturesUrlPaths: onOff,
  spanProcessors: objects,
  metricReaders: objects,
  logger: ['must be false or an object with warn() and error()', (value) => value === false || isLogger(value)],
  env: anObject,
}

/**
 * Checks the types of the options; the values of settings are checked together with those of the
 * other sources.
 */
export function checkOptions(options: unknown): CheckedOptions {
  if (!isObject(options)) {
    return { usable: {}, problems: [{ path: 'options', rule: 'must be an object', value: shownValue(options) }] }
  }
  const problems: Problem[] = []
  const usable: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, path) ? checks[path as keyof TelemetryOptions] : undefined
    if (!check)
      problems.push({ path, rule: `is not an option of startTelemetry(); the options are ${Object.keys(checks).join(', ')}` })
    else if (value === undefined || check[1](value)) usable[path] = value
    else problems.push({ path, rule: check[0], value: shownValue(value) })
  }
  return { usable, problems: [...problems, ...alertProblems(usable)] }
}

function alertProblems({ alerts: { deliver, rules } = {} }: TelemetryOptions): Problem[] {
  const isWrong = deliver !== undefined && !isFunction(deliver)
  return [
    ...(isWrong ? [{ path: 'alerts.deliver', rule: 'must be a function', value: shownValue(deliver) }] : []),
    ...conditionRuleProblems(rules),
  ]
}

function isChoiceOfSources(value: unknown): boolean {
  const isSource = (name: string): boolean => frameworkSources.some((source) => source === name)
  return (
    isObject(value) && Object.entries(value).every(([name, isOn]) => isSource(name) && [true, false, undefined].includes(isOn))
  )
}

function isLogger(value: unknown): boolean {
  return isObject(value) && 'warn' in value && isFunction(value.warn) && 'error' in value && isFunction(value.error)
}
