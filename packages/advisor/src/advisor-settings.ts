import { readFileSync } from 'node:fs'

import { ConfigurationError, type Environment, openVariables, type Problem, Secret } from '@swarmwatch/config'
import {
  decimal,
  host,
  port,
  type PrometheusLogin,
  prometheusLogin,
  readable,
  readVariables,
  secret,
  type Settings,
  wholeNumber,
} from '@swarmwatch/config/settings'

import type { PrometheusAddress } from './prometheus/prometheus-client.ts'

/** Settings of the advisor; all come from the environment. */
export interface AdvisorSettings extends PrometheusLogin {
  readonly prometheusUrl: string
  readonly prometheusMatchers: string
  readonly weeks: number
  readonly host: string
  readonly port: number
  readonly token: Secret | undefined
  readonly intervalMinutes: number
  readonly bridgeUrl: string | undefined
  readonly bridgeToken: Secret | undefined
  readonly workers: number | undefined
  readonly concurrency: number | undefined
  readonly monthlyBudgetUsd: number | undefined
}

const httpUrl = (text: string): string | undefined => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? text : undefined
}
const isToken = (text: string): boolean => /^[!-~]+$/.test(text)
const firstToken = (text: string): Secret | undefined => {
  const [first = ''] = text.split(/[,\r\n]+/)
  return isToken(first) ? new Secret(first) : undefined
}
const url = readable('must be an http or https URL without user name and password', httpUrl)
const token = secret('must be ASCII without spaces, on one line', isToken)
const matchers = readable(
  'must be label matchers such as deployment_environment_name="production", separated by commas',
  (text) =>
    /^[a-zA-Z_]\w*(?:=~|!~|!=|=)"[^"\\\n]*"(?:, *[a-zA-Z_]\w*(?:=~|!~|!=|=)"[^"\\\n]*")*$/.test(text) ? text : undefined,
)

/** The definitions of the settings; the table in the README is made from them. */
export const advisorSettings: Settings<AdvisorSettings> = {
  prometheusUrl: {
    about: 'Address of Prometheus, Mimir, Thanos or VictoriaMetrics, to which `/api/v1/query` can be appended.',
    variable: 'PROMETHEUS_URL',
    value: url,
    default: 'http://127.0.0.1:9090',
  },
  ...prometheusLogin,
  prometheusMatchers: {
    about: 'Label matchers that choose the agents, such as `deployment_environment_name="production"`.',
    variable: 'PROMETHEUS_MATCHERS',
    value: matchers,
    default: '',
    shownDefault: 'all agents',
  },
  weeks: {
    about: 'Weeks of history that are read; forecasts of a week need 3.',
    variable: 'ADVISOR_WEEKS',
    value: wholeNumber(1, 26),
    default: 8,
  },
  host: { about: 'Address that `serve` listens on.', variable: 'ADVISOR_HOST', value: host, default: '127.0.0.1' },
  port: { about: 'Port of the page and of `/metrics`.', variable: 'ADVISOR_PORT', value: port, default: 8095 },
  token: {
    about: 'Bearer token that readers of the page, the report and `/metrics` must send.',
    variable: 'ADVISOR_TOKEN',
    value: token,
    default: undefined,
  },
  intervalMinutes: {
    about: 'Minutes between two analyses.',
    variable: 'ADVISOR_INTERVAL_MINUTES',
    value: wholeNumber(5, 1_440),
    default: 60,
  },
  bridgeUrl: {
    about: 'Address of the alert bridge, which receives the weekly digest.',
    variable: 'BRIDGE_URL',
    value: url,
    default: undefined,
    shownDefault: 'no digest',
  },
  bridgeToken: {
    about: 'Token of the bridge; of two, during a rotation, the first one.',
    variable: 'BRIDGE_TOKEN',
    value: readable('must be ASCII without spaces', firstToken, true),
    default: undefined,
  },
  workers: {
    about: 'Workers that run now. Empty: as many as send metrics.',
    variable: 'ADVISOR_WORKERS',
    value: wholeNumber(1, 100_000),
    default: undefined,
    shownDefault: 'counted',
  },
  concurrency: {
    about:
      'Runs that one worker can do at once. Empty: the highest number of active executions of one worker in the last 7 days.',
    variable: 'ADVISOR_CONCURRENCY',
    value: wholeNumber(1, 100_000),
    default: undefined,
    shownDefault: 'measured',
  },
  monthlyBudgetUsd: {
    about: 'US dollars that may be spent in a calendar month.',
    variable: 'ADVISOR_MONTHLY_BUDGET_USD',
    value: decimal('must be a number of US dollars above 0', (value) => value > 0),
    default: undefined,
    shownDefault: 'none',
  },
}

/** Sources of {@link readAdvisorSettings}. */
export interface SettingsSources {
  readonly env: Environment
  readonly readFile?: (path: string) => string
  /** Overrides `PROMETHEUS_URL`. */
  readonly prometheusUrl?: string | undefined
}

/**
 * Reads all settings of the advisor.
 * @throws ConfigurationError with every problem there is
 */
export function readAdvisorSettings({
  env,
  readFile = (path) => readFileSync(path, 'utf8'),
  prometheusUrl,
}: SettingsSources): AdvisorSettings {
  const problems: Problem[] = []
  const given = prometheusUrl === undefined ? env : { ...env, PROMETHEUS_URL: prometheusUrl }
  const { values } = readVariables(advisorSettings, openVariables(given, readFile, problems), problems)
  if (values.prometheusPassword !== undefined && values.prometheusUser === undefined) {
    problems.push({ path: 'PROMETHEUS_USER', rule: 'is not set, but PROMETHEUS_PASSWORD is; set both or neither' })
  }
  if (
    values.bridgeUrl !== undefined &&
    values.bridgeToken === undefined &&
    !problems.some(({ path }) => path.startsWith('BRIDGE_TOKEN'))
  ) {
    problems.push({ path: 'BRIDGE_TOKEN', rule: 'is not set, but BRIDGE_URL is; set it, or BRIDGE_TOKEN_FILE' })
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  return values
}

/** The address of Prometheus with its login. */
export function prometheusAddress(settings: AdvisorSettings): PrometheusAddress {
  const { prometheusUrl, prometheusToken, prometheusUser, prometheusPassword, prometheusTenant } = settings
  return {
    url: prometheusUrl,
    token: prometheusToken,
    user: prometheusUser,
    password: prometheusPassword,
    tenant: prometheusTenant,
  }
}
