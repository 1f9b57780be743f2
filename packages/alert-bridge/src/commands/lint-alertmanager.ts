import { parse } from 'yaml'
import { z } from 'zod'

import { duplicateWindowMs } from '../intake/dedupe.ts'
import { isWatchdogName } from '../watchdog.ts'

interface Route {
  readonly receiver?: string | undefined
  readonly matchers?: readonly string[] | undefined
  readonly match?: Readonly<Record<string, string>> | undefined
  readonly match_re?: Readonly<Record<string, string>> | undefined
  readonly repeat_interval?: string | undefined
  readonly group_interval?: string | undefined
  readonly routes?: readonly Route[] | undefined
}

const route: z.ZodType<Route> = z.lazy(() =>
  z.object({
    receiver: z.string().optional(),
    matchers: z.array(z.string()).optional(),
    match: z.record(z.string(), z.coerce.string()).optional(),
    match_re: z.record(z.string(), z.coerce.string()).optional(),
    repeat_interval: z.coerce.string().optional(),
    group_interval: z.coerce.string().optional(),
    routes: z.array(route).optional(),
  }),
)
const httpConfig = z.looseObject({
  authorization: z.looseObject({ type: z.string().optional() }).optional(),
  bearer_token: z.string().optional(),
  bearer_token_file: z.string().optional(),
  basic_auth: z.looseObject({}).optional(),
  oauth2: z.looseObject({}).optional(),
  http_headers: z.record(z.string(), z.unknown()).optional(),
})
const webhook = z.looseObject({
  url: z.string().optional(),
  url_file: z.string().optional(),
  send_resolved: z.boolean().optional(),
  timeout: z.coerce.string().optional(),
  http_config: httpConfig.optional(),
})
const receiver = z.looseObject({ name: z.string(), webhook_configs: z.array(webhook).optional() })
const global = z.looseObject({ http_config: httpConfig.optional() })
const file = z.looseObject({ global: global.nullish(), route, receivers: z.array(receiver) })

/** After this time without a Watchdog the bridge raises an alert, unless BRIDGE_WATCHDOG_SECONDS is set. */
const watchdogMs = 300_000

type Receiver = z.infer<typeof receiver>
type HttpConfig = z.infer<typeof httpConfig>

/**
 * Settings of an `alertmanager.yml` that lose alerts or report them twice, one sentence each. `readFile` reads the files that
 * `url_file` names; one that cannot be read from here may well hold the address of the bridge.
 */
export function lintAlertmanager(text: string, readFile: (path: string) => string = unreadable): string[] {
  const parsed = parsedFile(text)
  if (typeof parsed === 'string') return [parsed]
  const { receivers, global: shared } = parsed
  const bridges = receivers.filter((one) => webhooksOf(one).some((hook) => leadsToBridge(hook, readFile)))
  if (bridges.length === 0) return ['no receiver has a webhook with the address of the bridge, .../api/v1/alerts']
  const names = new Set(bridges.map(({ name }) => name))
  const routes = effectiveRoutes(parsed.route).filter((one) => names.has(one.receiver ?? ''))
  // no one needs to know that Watchdog is resolved, so its own receiver is exempt
  const others = new Set(routes.filter((one) => !isForWatchdog(one)).map((one) => one.receiver))
  return [
    ...bridges.flatMap((one) => lintReceiver(one, others.has(one.name), shared?.http_config)),
    ...lintRoutes(routes),
    ...lintWatchdog(routes),
    ...lintSecond(receivers, names),
  ]
}

function parsedFile(text: string): z.infer<typeof file> | string {
  try {
    const result = file.safeParse(parse(text))
    return result.success
      ? result.data
      : `it is not an Alertmanager configuration: ${result.error.issues[0]?.path.join('.')} is not valid`
  } catch {
    return 'it is not YAML'
  }
}

function leadsToBridge({ url, url_file: path }: z.infer<typeof webhook>, readFile: (path: string) => string): boolean {
  if (url !== undefined) return url.includes('/api/v1/alerts')
  if (path === undefined) return false
  try {
    return readFile(path).includes('/api/v1/alerts')
  } catch {
    return true
  }
}

function unreadable(path: string): string {
  throw new Error(`${path} cannot be read here`)
}

/** Why the bridge would answer 401, or nothing. */
function lintAuthorization(name: string, http: HttpConfig | undefined): string[] {
  const { authorization, bearer_token: token, bearer_token_file: tokenFile, basic_auth: basic, oauth2, http_headers } = http ?? {}
  const hasHeader = Object.keys(http_headers ?? {}).some((header) => header.toLowerCase() === 'authorization')
  const refused = '; the bridge answers 401, and Alertmanager drops the alert'
  if (hasHeader || oauth2 !== undefined || token !== undefined || tokenFile !== undefined) return []
  if (authorization === undefined) {
    const problem = basic === undefined ? 'is missing' : 'is missing, and the bridge does not support basic_auth'
    return [`receiver "${name}": http_config.authorization ${problem}${refused}`]
  }
  return (authorization.type ?? 'Bearer').toLowerCase() === 'bearer'
    ? []
    : [`receiver "${name}": http_config.authorization has type ${authorization.type}, not Bearer${refused}`]
}

function lintReceiver(one: Receiver, notifiesRecipients: boolean, shared: HttpConfig | undefined): string[] {
  return webhooksOf(one).flatMap(({ timeout, send_resolved: sendResolved, http_config: http }) => [
    ...(timeout === undefined
      ? [
          `receiver "${one.name}": the webhook has no timeout, so a bridge that hangs blocks the notifications of its groups; set timeout: 10s`,
        ]
      : []),
    ...(sendResolved === false && notifiesRecipients
      ? [`receiver "${one.name}": send_resolved is false, so no one is notified when an alert is resolved`]
      : []),
    // the shared one counts only for a webhook that has none
    ...lintAuthorization(one.name, http ?? shared),
  ])
}

function lintRoutes(routes: readonly Route[]): string[] {
  const short = routes.filter((one) => !isForWatchdog(one) && repeatMs(one) < duplicateWindowMs)
  return [
    ...(routes.length === 0 ? ['no route leads to the bridge'] : []),
    ...short.map(
      (one) =>
        `route to "${one.receiver}": repeat_interval ${one.repeat_interval} is below the 5 min in which the same content counts as a duplicate`,
    ),
  ]
}

function lintWatchdog(routes: readonly Route[]): string[] {
  const led = routes.find(isForWatchdog) ?? routes.find(isForAll)
  if (led === undefined) {
    return [
      'no route sends the Watchdog to the bridge, so the bridge will raise an alert; add a route, or set BRIDGE_WATCHDOG_SECONDS=0',
    ]
  }
  // Alertmanager repeats only when it looks at the group
  const everyMs = Math.max(repeatMs(led), durationMs(led.group_interval ?? '5m'))
  if (everyMs < watchdogMs) return []
  return [
    `the Watchdog arrives only every ${everyMs / 60_000} min, so the bridge raises an alert in between; add a separate route with repeat_interval: 1m and group_interval: 1m`,
  ]
}

function lintSecond(receivers: readonly Receiver[], names: ReadonlySet<string>): string[] {
  const others = receivers.filter(
    (one) =>
      !names.has(one.name) &&
      Object.entries(one).some(([key, value]) => key.endsWith('_configs') && Array.isArray(value) && value.length > 0),
  )
  return others.length > 0 ? [] : ['there is no second receiver: no one is notified when the bridge itself is down']
}

/** All routes with what they inherit. */
function effectiveRoutes(one: Route, above: Route = {}): Route[] {
  const own = {
    ...one,
    receiver: one.receiver ?? above.receiver,
    repeat_interval: one.repeat_interval ?? above.repeat_interval,
    group_interval: one.group_interval ?? above.group_interval,
  }
  return [own, ...(one.routes ?? []).flatMap((below) => effectiveRoutes(below, own))]
}

function matchersOf({ matchers = [], match = {}, match_re: patterns = {} }: Route): string {
  return JSON.stringify([...matchers, ...Object.entries(match), ...Object.entries(patterns)])
}

function isForAll(one: Route): boolean {
  return matchersOf(one) === '[]'
}

function isForWatchdog(one: Route): boolean {
  const values = matchersOf(one).match(/[\w']+/g) ?? []
  return values.some(isWatchdogName)
}

function repeatMs(one: Route): number {
  return durationMs(one.repeat_interval ?? '4h')
}

function webhooksOf(one: Receiver): z.infer<typeof webhook>[] {
  return one.webhook_configs ?? []
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
}

/** A duration as Prometheus writes it, such as `1h30m`. 0 for what is none. */
function durationMs(text: string): number {
  // numbers, each with its unit
  return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  )
}
