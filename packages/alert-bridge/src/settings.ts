import { readFileSync } from 'node:fs'

import {
  ConfigurationError,
  loadConfiguration,
  mistypedVariables,
  openVariables,
  Secret,
  shownValue,
  type AlertChannel,
  type Environment,
  type EscalationStep,
  type Problem,
  type Rotation,
} from '@swarmwatch/config'
import {
  host,
  oneLine,
  oneOf,
  openUrl,
  port,
  prometheusLogin,
  readable,
  readVariables,
  secret,
  secretUrl,
  wholeNumber,
  type Settings,
} from '@swarmwatch/config/settings'

import { defaultInboxLimit } from './bridge-core.ts'
import { type ProxySettings, proxySettings } from './channels/proxy.ts'
import type { MessageStyle } from './message/notice.ts'
import { incidentProblems, incidentSettings, type IncidentSettings } from './incidents/incident-settings.ts'
import { type HeartbeatTarget, heartbeatTargets, type WatchedPeer, watchedPeers } from './heartbeats/peer-settings.ts'
import { partsOf } from './list-parts.ts'
import { readDatabaseUrl } from './outbox/postgres/database-url.ts'

/** The settings of `alert-bridge serve`. */
export interface BridgeSettings extends ProxySettings, IncidentSettings {
  /** `BRIDGE_PORT`. @default 8090 */
  readonly port: number
  /** `BRIDGE_HOST`. @default '127.0.0.1' */
  readonly host: string
  /** `BRIDGE_TOKEN`, two with a comma between them, or `BRIDGE_TOKEN_FILE`, one a line. */
  readonly tokens: readonly Secret[]
  /** `BRIDGE_DATA_DIR`. @default '.swarmwatch/bridge' */
  readonly dataDir: string
  /** `BRIDGE_DATABASE_URL` or `BRIDGE_DATABASE_URL_FILE`: a PostgreSQL database, which bridges can share. @default none, `dataDir` is used */
  readonly databaseUrl?: Secret | undefined
  /** `HEARTBEAT_URL` or `HEARTBEAT_URL_FILE`. @default none */
  readonly heartbeatUrl: Secret | undefined
  /** `BRIDGE_WATCHDOG_SECONDS`; 0 is off. @default 300 */
  readonly watchdogSeconds: number
  /** `BRIDGE_WATCHED_PEERS`. @default none */
  readonly watchedPeers?: readonly WatchedPeer[]
  /** `BRIDGE_HEARTBEAT_TOKEN`, as `BRIDGE_TOKEN`; required with peers to watch. @default none */
  readonly heartbeatTokens?: readonly Secret[]
  /** `BRIDGE_HEARTBEAT_TARGETS`. @default none */
  readonly heartbeatTargets?: readonly HeartbeatTarget[]
  /** `BRIDGE_PEER_INTERVAL_SECONDS`. @default 30 */
  readonly heartbeatSeconds?: number
  /** `RUNBOOKS_URL`: reports about other regions link to `<runbooksUrl>/RegionSilent.md`. @default none */
  readonly runbooksUrl?: string | undefined
  /** `GRAFANA_URL`: alerts about agents without a link to a dashboard get one. @default none */
  readonly grafanaUrl?: string | undefined
  /** `TRACES_URL`: the query API of the store of traces, where runs that explain an alert are searched. @default none */
  readonly tracesUrl?: string | undefined
  /** `TRACES_KIND`. @default 'jaeger' */
  readonly tracesKind?: 'jaeger' | 'tempo'
  /** `TRACES_TOKEN` or `TRACES_TOKEN_FILE`. @default none */
  readonly tracesToken?: Secret | undefined
  /** `TRACES_TENANT`. @default none */
  readonly tracesTenant?: string | undefined
  /** `TRACE_LINK`, otherwise `GRAFANA_URL`: address of a trace, with `{trace_id}`. @default none */
  readonly traceLink?: string | undefined
  /** `PROMETHEUS_URL`: the query API of Prometheus, for charts of the metrics that explain alerts. @default none */
  readonly prometheusUrl?: string | undefined
  /** `PROMETHEUS_TOKEN` or `PROMETHEUS_TOKEN_FILE`. @default none */
  readonly prometheusToken?: Secret | undefined
  /** `PROMETHEUS_USER`. @default none */
  readonly prometheusUser?: string | undefined
  /** `PROMETHEUS_PASSWORD` or `PROMETHEUS_PASSWORD_FILE`. @default none */
  readonly prometheusPassword?: Secret | undefined
  /** `PROMETHEUS_TENANT`. @default none */
  readonly prometheusTenant?: string | undefined
  /** `ALERT_CHARTS`. @default 'on' with `PROMETHEUS_URL` */
  readonly charts?: 'on' | 'off' | undefined
  /** `BRIDGE_INBOX_LIMIT`: maximum number of pending deliveries; more are answered with 503; at least 1. @default 200000 */
  readonly inboxLimit?: number
  readonly channels: readonly AlertChannel[]
  /** How messages are written: `alerts.time_zone` and `alerts.templates`. @default times in UTC, in the words of the bridge */
  readonly style?: MessageStyle
  /** `alerts.escalation`. @default [] */
  readonly escalation?: readonly EscalationStep[]
  /** `alerts.rotations`. @default [] */
  readonly rotations?: readonly Rotation[]
  /** Lines to show at start. */
  readonly notices: readonly string[]
  /** Those of `notices` about channels that are off and of whose settings none is set. @default none */
  readonly unusedChannels?: readonly string[]
}

/** Options for {@link readBridgeSettings}. */
export interface SettingsSources {
  readonly env: Environment
  readonly readFile?: (path: string) => string
  /** Whether a token is required. @default true */
  readonly needsToken?: boolean
}

/** The settings that come from the file and from the variables of channels. */
type FileSettings = Required<
  Pick<BridgeSettings, 'channels' | 'escalation' | 'rotations' | 'style' | 'traceLink' | 'notices' | 'unusedChannels'>
>

const tokenList = readable('must be one or two tokens, each at least 16 characters of ASCII without spaces', readTokens, true)

/** The definitions of the settings that only the bridge has; the table in the README is made from them. */
export const bridgeSettings: Settings<Required<Omit<BridgeSettings, keyof FileSettings>>> = {
  port: { about: 'Port of the bridge.', variable: 'BRIDGE_PORT', value: port, default: 8090 },
  host: { about: 'Address that the bridge listens on.', variable: 'BRIDGE_HOST', value: host, default: '127.0.0.1' },
  tokens: {
    about: 'Bearer token that Alertmanager sends. During a rotation, two tokens separated by a comma or a line break.',
    variable: 'BRIDGE_TOKEN',
    value: tokenList,
    default: [],
    shownDefault: 'required',
  },
  dataDir: {
    about: 'Folder for unfinished deliveries, for one process at a time.',
    variable: 'BRIDGE_DATA_DIR',
    value: oneLine,
    default: '.swarmwatch/bridge',
  },
  databaseUrl: {
    about:
      'PostgreSQL database for unfinished deliveries in place of the folder; any number of bridges can share it. Several hosts are separated by commas.',
    variable: 'BRIDGE_DATABASE_URL',
    value: secret(
      'must be a postgres:// or postgresql:// URL, with user and password percent-encoded; of target_session_attrs, only read-write, primary and any are possible',
      (text) => readDatabaseUrl(text) !== undefined,
    ),
    default: undefined,
  },
  heartbeatUrl: {
    about: 'URL that the bridge calls every minute while alerts can be delivered.',
    variable: 'HEARTBEAT_URL',
    value: secretUrl,
    default: undefined,
  },
  watchdogSeconds: {
    about: 'Seconds without a Watchdog alert from Prometheus after which the bridge raises an alert; 0 disables the check.',
    variable: 'BRIDGE_WATCHDOG_SECONDS',
    value: wholeNumber(0, 86_400),
    default: 300,
  },
  watchedPeers: {
    about:
      'Bridges of other regions that must send heartbeats to this one: a name, and "=" with the seconds of silence after which it is reported (180 without).',
    variable: 'BRIDGE_WATCHED_PEERS',
    value: watchedPeers,
    default: [],
    shownDefault: 'none',
  },
  heartbeatTokens: {
    about: 'Bearer token that the watched peers send, another one than `BRIDGE_TOKEN`.',
    variable: 'BRIDGE_HEARTBEAT_TOKEN',
    value: tokenList,
    default: [],
    shownDefault: 'required with `BRIDGE_WATCHED_PEERS`',
  },
  heartbeatTargets: {
    about: 'Bridges of other regions to which this one sends heartbeats.',
    variable: 'BRIDGE_HEARTBEAT_TARGETS',
    value: heartbeatTargets,
    default: [],
    shownDefault: 'none',
  },
  heartbeatSeconds: {
    about: 'Seconds between two heartbeats to each of them.',
    variable: 'BRIDGE_PEER_INTERVAL_SECONDS',
    value: wholeNumber(1, 3_600),
    default: 30,
  },
  ...incidentSettings,
  ...proxySettings,
  runbooksUrl: {
    about: 'Address of the folder docs/runbooks, to which the report of a silent region links.',
    variable: 'RUNBOOKS_URL',
    value: openUrl,
    default: undefined,
  },
  grafanaUrl: {
    about:
      'Address of Grafana. Alerts about agents whose rule has no `dashboard_url` link to the dashboard of the agent. Traces open in its Explore page, unless `TRACE_LINK` is set.',
    variable: 'GRAFANA_URL',
    value: openUrl,
    default: undefined,
  },
  tracesUrl: {
    about:
      'Query API of the store of traces: Jaeger (port 16686), VictoriaTraces (`/select/jaeger`) or Tempo (port 3200). Alerts about agents then link to the trace of a run that explains them. Reached without a proxy.',
    variable: 'TRACES_URL',
    value: openUrl,
    default: undefined,
  },
  tracesKind: {
    about: 'The API of that store: `jaeger` or `tempo`.',
    variable: 'TRACES_KIND',
    value: oneOf(['jaeger', 'tempo']),
    default: 'jaeger',
  },
  tracesToken: {
    about: 'Bearer token for that store.',
    variable: 'TRACES_TOKEN',
    value: secret('must be ASCII without spaces, on one line', (text) => /^[!-~]+$/.test(text)),
    default: undefined,
  },
  tracesTenant: {
    about: 'Tenant of Tempo, sent as `X-Scope-OrgID`.',
    variable: 'TRACES_TENANT',
    value: oneLine,
    default: undefined,
  },
  prometheusUrl: {
    about:
      'Query API of Prometheus, Mimir, Thanos or VictoriaMetrics, to which `/api/v1/query_range` can be appended. Mails and messages of a Slack bot then show a chart of the metric that explains the alert. Reached without a proxy.',
    variable: 'PROMETHEUS_URL',
    value: openUrl,
    default: undefined,
  },
  ...prometheusLogin,
  charts: {
    about: 'Charts in messages: `on` or `off`.',
    variable: 'ALERT_CHARTS',
    value: oneOf(['on', 'off']),
    default: undefined,
    shownDefault: '`on` with `PROMETHEUS_URL`',
  },
  inboxLimit: {
    about: 'Maximum number of waiting deliveries; when it is reached, the bridge answers 503, and Alertmanager retries.',
    variable: 'BRIDGE_INBOX_LIMIT',
    value: wholeNumber(1, 10_000_000),
    default: defaultInboxLimit,
  },
}

/**
 * Reads all settings of the bridge.
 * @throws ConfigurationError with every problem there is
 */
export function readBridgeSettings({
  env,
  readFile = (path) => readFileSync(path, 'utf8'),
  needsToken = true,
}: SettingsSources): BridgeSettings {
  const problems: Problem[] = []
  const variables = openVariables(env, readFile, problems)
  const { values: own } = readVariables(bridgeSettings, variables, problems)
  if (needsToken && own.tokens.length === 0 && !problems.some(({ path }) => path.startsWith('BRIDGE_TOKEN'))) {
    problems.push({
      path: 'BRIDGE_TOKEN',
      rule: 'is not set; set it, or BRIDGE_TOKEN_FILE, to the token that Alertmanager sends',
    })
  }
  problems.push(...heartbeatProblems(own), ...incidentProblems(own))
  if (own.charts === 'on' && own.prometheusUrl === undefined && !problems.some(({ path }) => path === 'PROMETHEUS_URL')) {
    problems.push({ path: 'PROMETHEUS_URL', rule: 'is not set; set it to the address of Prometheus, because ALERT_CHARTS is on' })
  }
  const folder = variables.plain('BRIDGE_DATA_DIR')
  if (own.databaseUrl !== undefined && folder !== undefined) {
    problems.push({
      path: 'BRIDGE_DATA_DIR',
      rule: 'and BRIDGE_DATABASE_URL are both set; set only one of them, because alerts are stored in one place ("alert-bridge move" moves them)',
      value: shownValue(folder.text),
    })
  }
  // the ALERTMANAGER_URL of loadConfiguration is one address without a password, and it would report files as unread
  const onlyOwn = new Set([...variables.known].filter((name) => name.endsWith('_FILE') || name === 'ALERTMANAGER_URL'))
  const others = Object.fromEntries(Object.entries(env).filter(([name]) => !onlyOwn.has(name)))
  const { notices, ...alerts } = alertsOf(others, problems)
  if (problems.length > 0) throw new ConfigurationError(problems)
  return {
    ...own,
    ...alerts,
    notices: [...mistypedVariables(env, variables.known), ...notices, ...unlinkedTraces({ ...own, ...alerts })],
  }
}

function unlinkedTraces({ tracesUrl, traceLink }: Pick<BridgeSettings, 'tracesUrl' | 'traceLink'>): string[] {
  return tracesUrl === undefined || traceLink !== undefined
    ? []
    : ['TRACES_URL is set, but neither TRACE_LINK nor GRAFANA_URL: messages link to no trace, because its address is not known']
}

type PeerSettings = Required<Pick<BridgeSettings, 'tokens' | 'watchedPeers' | 'heartbeatTokens'>>

function heartbeatProblems({ tokens, watchedPeers: peers, heartbeatTokens }: PeerSettings): Problem[] {
  const path = 'BRIDGE_HEARTBEAT_TOKEN'
  if (peers.length > 0 && heartbeatTokens.length === 0) {
    return [{ path, rule: 'is not set; set it, or BRIDGE_HEARTBEAT_TOKEN_FILE, to the token that the watched peers send' }]
  }
  const alertTokens = new Set(tokens.map((token) => token.reveal()))
  const isShared = heartbeatTokens.some((token) => alertTokens.has(token.reveal()))
  return isShared ? [{ path, rule: 'must differ from BRIDGE_TOKEN, because other regions know it', value: '***' }] : []
}

function readTokens(text: string): readonly Secret[] | undefined {
  const tokens = partsOf(text)
  const areValid = tokens.length <= 2 && tokens.every((token) => token.length >= 16 && !/[^!-~]/.test(token))
  return areValid ? tokens.map((token) => new Secret(token)) : undefined
}

function alertsOf(env: SettingsSources['env'], problems: Problem[]): FileSettings {
  try {
    const { alerts, monitor, notices, offChannels, incompleteChannels } = loadConfiguration({ env })
    const { channels, escalation, rotations, timeZone, titleTemplate, firingTemplate, resolvedTemplate } = alerts
    const style = { timeZone, titleTemplate, firingTemplate, resolvedTemplate }
    const unusedChannels = offChannels.filter((line) => !incompleteChannels.includes(line))
    const { traceLink } = monitor
    return { channels, escalation, rotations, style, traceLink, notices: [...notices, ...offChannels], unusedChannels }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    // both read GRAFANA_URL
    const known = new Set(problems.map(({ path }) => path))
    problems.push(...error.problems.filter(({ path }) => !known.has(path)))
    return { channels: [], escalation: [], rotations: [], style: {}, traceLink: undefined, notices: [], unusedChannels: [] }
  }
}
