import { parse, stringify } from 'yaml'

import { MixinError } from '../settings.ts'

type Values = Readonly<Record<string, unknown>>

interface Route extends Values {
  readonly matchers?: readonly string[]
  readonly routes?: readonly Route[]
}

interface Receiver extends Values {
  readonly name: string
  readonly webhook_configs?: readonly Values[]
  readonly email_configs?: readonly Values[]
}

interface Configuration extends Values {
  readonly route: Route
  readonly receivers: readonly Receiver[]
  readonly inhibit_rules: readonly {
    readonly source_matchers: readonly string[]
    readonly target_matchers: readonly string[]
    readonly equal?: readonly string[]
  }[]
}

/** Address of the bridge in the template of the compose stack. */
const composeBridge = 'http://alert-bridge:8090'
const composeSecrets = '/run/secrets'
const notice = ' Made by `pnpm mixin` from collector/alertmanager/alertmanager.template.yaml: change it there.\n'

/**
 * Alertmanager's whole configuration for the chart. The chart replaces `${BRIDGE_URL}` and `${SECRETS}`
 * (the folder of the Secret), and sets the mail server or removes the mail.
 */
export function alertmanagerFile(template: string): string {
  const configuration = configurationOf(template)
  const receivers = configuration.receivers.map((receiver) => ({
    ...receiver,
    ...(receiver.email_configs && { email_configs: receiver.email_configs.map(textOfMail) }),
  }))
  const text = stringify({ ...configuration, receivers }, { lineWidth: 0 })
  return `#${notice}${text.replaceAll(composeBridge, '${BRIDGE_URL}').replaceAll(composeSecrets, '${SECRETS}')}`
}

/**
 * The same as the `spec` of an AlertmanagerConfig of the Prometheus operator. Only alerts of Swarmwatch
 * enter its route, because the Alertmanager of a cluster has others, too. The chart replaces
 * `${BRIDGE_URL}` and `${SECRET_NAME}`.
 */
export function alertmanagerConfigFile(template: string): string {
  const { route, receivers, inhibit_rules: inhibitions } = configurationOf(template)
  const { routes = [], ...top } = route
  const spec = {
    route: {
      ...routeEntry(top),
      matchers: [{ name: 'category', matchType: '=~', value: 'agent|swarm|pipeline|bridge|watchdog' }],
      routes: routes.map(routeEntry),
    },
    receivers: receivers.map(receiverEntry),
    inhibitRules: inhibitions.map(({ source_matchers: source, target_matchers: target, equal }) => ({
      sourceMatch: source.map(matcherEntry),
      targetMatch: target.map(matcherEntry),
      ...(equal && { equal }),
    })),
  }
  return `#${notice}${stringify(spec, { lineWidth: 0 }).replaceAll(composeBridge, '${BRIDGE_URL}')}`
}

/** The keys of the mail that need no server; the chart adds the others. */
function textOfMail({ send_resolved, html, text }: Values): Values {
  return { send_resolved, html, text }
}

function routeEntry({ matchers, routes, ...rest }: Route): Values {
  return {
    ...inCamelCase(rest),
    ...(matchers && { matchers: matchers.map(matcherEntry) }),
    ...(routes && { routes: routes.map(routeEntry) }),
  }
}

function receiverEntry({ name, webhook_configs: webhooks, email_configs: mails }: Receiver): Values {
  return {
    name,
    ...(webhooks && {
      webhookConfigs: webhooks.map(({ http_config: _, ...rest }) => ({
        ...inCamelCase(rest),
        httpConfig: { authorization: { type: 'Bearer', credentials: { name: '${SECRET_NAME}', key: 'bridge_token' } } },
      })),
    }),
    ...(mails && { emailConfigs: mails.map((mail) => inCamelCase(textOfMail(mail))) }),
  }
}

/** `severity =~ "critical|warning"` as an object. */
function matcherEntry(text: string): Values {
  const [, name, matchType, quoted, plain] = /^(\w+) *(=~|!~|!=|=) *(?:"([^"]*)"|(\S+))$/.exec(text) ?? []
  if (name === undefined) throw new MixinError(`the template of Alertmanager has a matcher that cannot be read: ${text}`)
  return { name, matchType, value: quoted ?? plain }
}

function inCamelCase(values: Values): Values {
  const camelCase = (key: string): string => key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [camelCase(key), value]))
}

function configurationOf(template: string): Configuration {
  return parse(template) as Configuration
}
