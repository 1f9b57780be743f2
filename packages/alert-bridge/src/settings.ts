import { readFileSync } from 'node:fs'

import {
  ConfigurationError,
  isHost,
  loadConfiguration,
  mistypedVariables,
  openVariables,
  Secret,
  shownValue,
  withoutBrackets,
  type AlertChannel,
  type Problem,
} from '@swarmwatch/config'

import { defaultInboxLimit } from './bridge-core.ts'

/** The settings of `alert-bridge serve`. */
export interface BridgeSettings {
  /** `BRIDGE_PORT`. @default 8090 */
  readonly port: number
  /** `BRIDGE_HOST`. @default '127.0.0.1' */
  readonly host: string
  /** `BRIDGE_TOKEN`, two with a comma between them, or `BRIDGE_TOKEN_FILE`, one a line. */
  readonly tokens: readonly Secret[]
  /** `BRIDGE_DATA_DIR`. @default '.swarmwatch/bridge' */
  readonly dataDir: string
  /** `HEARTBEAT_URL` or `HEARTBEAT_URL_FILE`. @default none */
  readonly heartbeatUrl: Secret | undefined
  /** `BRIDGE_WATCHDOG_SECONDS`; 0 is off. @default 300 */
  readonly watchdogSeconds: number
  /** `BRIDGE_INBOX_LIMIT`: so many deliveries may wait before more is answered 503; at least 1. @default 200000 */
  readonly inboxLimit?: number
  readonly channels: readonly AlertChannel[]
  /** Lines to show at start. */
  readonly notices: readonly string[]
}

export interface SettingsSources {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile?: (path: string) => string
  /** Whether a token must be there. @default true */
  readonly needsToken?: boolean
}

/**
 * Reads all settings of the bridge.
 * @throws ConfigurationError with every problem there is
 */
export function readSettings({
  env,
  readFile = (path) => readFileSync(path, 'utf8'),
  needsToken = true,
}: SettingsSources): BridgeSettings {
  const problems: Problem[] = []
  // what is empty counts as unset, a file of a secret too
  const { plain, orFile, known } = openVariables(env, readFile, problems)

  function number(name: string, fallback: number, most: number): number {
    const given = plain(name)?.text
    if (given === undefined) return fallback
    // digits only: no sign, exponent or blank
    if (/^\d{1,9}$/.test(given) && Number(given) <= most) return Number(given)
    problems.push({ path: name, rule: `must be a whole number from 0 to ${most}`, value: JSON.stringify(given) })
    return fallback
  }

  function tokens(): Secret[] {
    const given = orFile('BRIDGE_TOKEN')?.text
    // a comma or a new line between two, while one is being exchanged
    const parts = given?.split(/[,\r\n]+/).flatMap((part) => part.trim() || []) ?? []
    if (parts.length === 0 && needsToken && !problems.some(({ path }) => path.startsWith('BRIDGE_TOKEN'))) {
      problems.push({
        path: 'BRIDGE_TOKEN',
        rule: 'is not set; set it, or BRIDGE_TOKEN_FILE, to the token that Alertmanager sends',
      })
    }
    if (parts.length > 2) problems.push({ path: 'BRIDGE_TOKEN', rule: 'must hold at most two tokens', value: '***' })
    if (parts.some((part) => part.length < 16 || /[^!-~]/.test(part))) {
      problems.push({ path: 'BRIDGE_TOKEN', rule: 'must be at least 16 characters of ASCII without blanks', value: '***' })
    }
    return parts.map((part) => new Secret(part))
  }

  function heartbeat(): Secret | undefined {
    const given = orFile('HEARTBEAT_URL')?.text
    if (given === undefined) return undefined
    if (/^https?:$/.test(URL.parse(given)?.protocol ?? '')) return new Secret(given)
    problems.push({ path: 'HEARTBEAT_URL', rule: 'must be an http or https URL', value: '***' })
    return undefined
  }

  const own = {
    port: number('BRIDGE_PORT', 8090, 65_535),
    host: withoutBrackets(plain('BRIDGE_HOST')?.text ?? '127.0.0.1'),
    tokens: tokens(),
    dataDir: plain('BRIDGE_DATA_DIR')?.text ?? '.swarmwatch/bridge',
    heartbeatUrl: heartbeat(),
    watchdogSeconds: number('BRIDGE_WATCHDOG_SECONDS', 300, 86_400),
    inboxLimit: number('BRIDGE_INBOX_LIMIT', defaultInboxLimit, 10_000_000),
  }
  if (!isHost(own.host)) {
    problems.push({
      path: 'BRIDGE_HOST',
      rule: 'must be a host name or an IP address, without a port',
      value: shownValue(own.host),
    })
  }
  if (own.inboxLimit === 0) problems.push({ path: 'BRIDGE_INBOX_LIMIT', rule: 'must be at least 1', value: '0' })
  const { channels, notices } = channelsOf(env, problems)
  if (problems.length > 0) throw new ConfigurationError(problems)
  return { ...own, channels, notices: [...mistypedVariables(env, known), ...notices] }
}

function channelsOf(
  env: SettingsSources['env'],
  problems: Problem[],
): { readonly channels: readonly AlertChannel[]; readonly notices: readonly string[] } {
  try {
    const { alerts, notices, offChannels } = loadConfiguration({ env })
    return { channels: alerts.channels, notices: [...notices, ...offChannels] }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    problems.push(...error.problems)
    return { channels: [], notices: [] }
  }
}
