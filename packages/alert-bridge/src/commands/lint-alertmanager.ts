import { parse } from 'yaml'
import { z } from 'zod'

import { duplicateWindowMs } from '../inbox/decide-repeat.ts'
import { durationMs } from './duration-ms.ts'

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
const webhook = z.looseObject({
  url: z.string().optional(),
  url_file: z.string().optional(),
  send_resolved: z.boolean().optional(),
  timeout: z.coerce.string().optional(),
  http_config: z.looseObject({ authorization: z.looseObject({}).optional() }).optional(),
})
const receiver = z.looseObject({ name: z.string(), webhook_configs: z.array(webhook).optional() })
const file = z.looseObject({ route, receivers: z.array(receiver) })

/** After that long without a Watchdog the bridge raises the alarm, unless BRIDGE_WATCHDOG_SECONDS says otherwise. */
const watchdogMs = 300_000

type Receiver = z.infer<typeof receiver>

/** What in an `alertmanager.yml` would make alerts be lost or told twice, one sentence each. */
export function lintAlertmanager(text: string): string[] {
  const parsed = parsedFile(text)
  if (typeof parsed === 'string') return [parsed]
  const { receivers } = parsed
  const bridges = receivers.filter((one) =>
    webhooksOf(one).some((hook) => (hook.url ?? hook.url_file ?? '').includes('/api/v1/alerts')),
  )
  if (bridges.length === 0) return ['no receiver has a webhook with the address of the bridge, .../api/v1/alerts']
  const names = new Set(bridges.map(({ name }) => name))
  const routes = effectiveRoutes(parsed.route).filter((one) => names.has(one.receiver ?? ''))
  // a receiver that only Watchdog goes to: nobody waits to hear that it is over
  const others = new Set(routes.filter((one) => !isForWatchdog(one)).map((one) => one.receiver))
  return [
    ...bridges.flatMap((one) => lintReceiver(one, others.has(one.name))),
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
      : `it is no configuration of Alertmanager: ${result.error.issues[0]?.path.join('.')} is not as it must be`
  } catch {
    return 'it is not YAML'
  }
}

function lintReceiver(one: Receiver, tellsPeople: boolean): string[] {
  return webhooksOf(one).flatMap(({ timeout, send_resolved: sendResolved, http_config: http }) => [
    ...(timeout === undefined
      ? [`receiver "${one.name}": the webhook has no timeout, so a bridge that hangs stops its groups; set timeout: 10s`]
      : []),
    ...(sendResolved === false && tellsPeople
      ? [`receiver "${one.name}": send_resolved is false, so nobody hears that it is over`]
      : []),
    ...(http?.authorization === undefined
      ? [`receiver "${one.name}": http_config.authorization is missing; the bridge answers 401, and Alertmanager drops the alert`]
      : []),
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
      'Watchdog is routed to no receiver of the bridge, so it will raise the alarm; set BRIDGE_WATCHDOG_SECONDS=0 or route it',
    ]
  }
  // Alertmanager repeats only when it looks at the group
  const everyMs = Math.max(repeatMs(led), durationMs(led.group_interval ?? '5m'))
  if (everyMs < watchdogMs) return []
  return [
    `Watchdog comes every ${everyMs / 60_000} min only, so the bridge raises the alarm in between; give it a route of its own with repeat_interval: 1m and group_interval: 1m`,
  ]
}

function lintSecond(receivers: readonly Receiver[], names: ReadonlySet<string>): string[] {
  const others = receivers.filter(
    (one) =>
      !names.has(one.name) &&
      Object.entries(one).some(([key, value]) => key.endsWith('_configs') && Array.isArray(value) && value.length > 0),
  )
  return others.length > 0 ? [] : ['there is no second receiver: nobody hears that the bridge itself is down']
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
  return matchersOf(one).includes('Watchdog')
}

function repeatMs(one: Route): number {
  return durationMs(one.repeat_interval ?? '4h')
}

function webhooksOf(one: Receiver): z.infer<typeof webhook>[] {
  return one.webhook_configs ?? []
}
