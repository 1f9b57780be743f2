import { type Problem, Secret } from '@swarmwatch/config'
import { httpUrl, networks, readable, secret, type Settings, wholeNumber } from '@swarmwatch/config/settings'

import { partsOf } from '../list-parts.ts'

/** Settings with which people act on incidents. */
export interface IncidentSettings {
  /** `BRIDGE_PUBLIC_URL`: with it, messages have links to acknowledge, silence and resolve. @default none */
  readonly publicUrl?: string | undefined
  /** `BRIDGE_LINK_SECRET`, two with a comma between them, or `BRIDGE_LINK_SECRET_FILE`. @default none */
  readonly linkSecrets?: readonly Secret[]
  /** `BRIDGE_LINK_HOURS`: how long a link is valid. @default 72 */
  readonly linkHours?: number
  /** `ALERTMANAGER_URL` or `ALERTMANAGER_URL_FILE`: where silences are created; all members of a cluster. @default none */
  readonly alertmanagerUrls?: readonly Secret[]
  /** `BRIDGE_ONCALL_TOKEN` or `BRIDGE_ONCALL_TOKEN_FILE`. @default none */
  readonly onCallTokens?: readonly Secret[]
  /** `BRIDGE_USER_HEADER`. @default none */
  readonly userHeader?: string | undefined
  /** `BRIDGE_TRUSTED_PROXIES`. @default none */
  readonly trustedProxies?: readonly string[]
  /** `ALERT_SLACK_SIGNING_SECRET` or `ALERT_SLACK_SIGNING_SECRET_FILE`. @default none */
  readonly slackSigningSecret?: Secret | undefined
}

const secretList = (min: number): ReturnType<typeof readable<readonly Secret[]>> =>
  readable(
    `must be one or two secrets separated by a comma or a line break, each at least ${min} characters of ASCII without spaces`,
    (text) => {
      const parts = partsOf(text)
      const areValid = parts.length > 0 && parts.length <= 2 && parts.every((part) => part.length >= min && !/[^!-~]/.test(part))
      return areValid ? parts.map((part) => new Secret(part)) : undefined
    },
    true,
  )

const maxAlertmanagers = 10

/** The definitions of {@link IncidentSettings}. */
export const incidentSettings: Settings<Required<IncidentSettings>> = {
  publicUrl: {
    about: 'Address of the bridge for people; with it, messages have links to acknowledge, silence and resolve.',
    variable: 'BRIDGE_PUBLIC_URL',
    value: readable('must be an http or https URL without user name, password, ? and #', (text) =>
      isBaseUrl(text) ? text : undefined,
    ),
    default: undefined,
  },
  linkSecrets: {
    about:
      'Secret that signs links, forms and sessions, at least 32 characters. During a rotation, two separated by a comma or a line break: the first signs.',
    variable: 'BRIDGE_LINK_SECRET',
    value: secretList(32),
    default: [],
    shownDefault: 'required with `BRIDGE_PUBLIC_URL`, `BRIDGE_ONCALL_TOKEN` and `BRIDGE_USER_HEADER`',
  },
  linkHours: {
    about: 'Hours for which a link is valid.',
    variable: 'BRIDGE_LINK_HOURS',
    value: wholeNumber(1, 720),
    default: 72,
  },
  alertmanagerUrls: {
    about:
      'Address of the Alertmanager in which the bridge creates silences, with user name and password if it asks for them. Of a cluster, the addresses of all members: a silence is created in the first that answers.',
    variable: 'ALERTMANAGER_URL',
    value: readable(
      `must be at most ${maxAlertmanagers} http or https URLs separated by commas or line breaks`,
      (text) => {
        const urls = partsOf(text)
        const areValid = urls.length > 0 && urls.length <= maxAlertmanagers && urls.every((url) => httpUrl(url) !== undefined)
        return areValid ? urls.map((url) => new Secret(url)) : undefined
      },
      true,
    ),
    default: [],
    shownDefault: 'none',
  },
  onCallTokens: {
    about: 'Token with which on-call engineers sign in to the list of incidents, another one than `BRIDGE_TOKEN`.',
    variable: 'BRIDGE_ONCALL_TOKEN',
    value: secretList(16),
    default: [],
    shownDefault: 'none: there is no list',
  },
  userHeader: {
    about:
      'Header in which a reverse proxy sends the name of the user, such as `X-Forwarded-User`: it opens the list and is the name in the history.',
    variable: 'BRIDGE_USER_HEADER',
    value: readable('must be the name of a header, such as X-Forwarded-User', (text) =>
      /^[A-Za-z0-9-]{1,64}$/.test(text) ? text : undefined,
    ),
    default: undefined,
  },
  trustedProxies: {
    about:
      'Addresses or networks of the reverse proxies whose `BRIDGE_USER_HEADER` and `X-Forwarded-For` count, separated by commas. They must replace these headers.',
    variable: 'BRIDGE_TRUSTED_PROXIES',
    value: networks,
    default: [],
    shownDefault: 'none; required with `BRIDGE_USER_HEADER`',
  },
  slackSigningSecret: {
    about: 'Signing secret of the Slack app; with it and a bot token, messages have buttons.',
    variable: 'ALERT_SLACK_SIGNING_SECRET',
    value: secret('must be the signing secret of a Slack app, at least 16 characters on one line', (text) =>
      /^[!-~]{16,200}$/.test(text),
    ),
    default: undefined,
  },
}

function isBaseUrl(text: string): boolean {
  const url = httpUrl(text)
  return url !== undefined && url.username === '' && url.password === '' && !/[?#\s]/.test(text)
}

/** Settings that do not work without others, or that must differ. */
export function incidentProblems(
  settings: IncidentSettings & { readonly tokens: readonly Secret[]; readonly heartbeatTokens?: readonly Secret[] },
): Problem[] {
  const { publicUrl, linkSecrets = [], onCallTokens = [], userHeader, trustedProxies = [], slackSigningSecret } = settings
  const needing = [
    publicUrl !== undefined && 'BRIDGE_PUBLIC_URL',
    onCallTokens.length > 0 && 'BRIDGE_ONCALL_TOKEN',
    userHeader !== undefined && 'BRIDGE_USER_HEADER',
  ].filter((name) => name !== false)
  const problems: Problem[] = []
  if (needing.length > 0 && linkSecrets.length === 0) {
    problems.push({
      path: 'BRIDGE_LINK_SECRET',
      rule: `is not set; set it, or BRIDGE_LINK_SECRET_FILE, to at least 32 random characters, because ${needing.join(' and ')} ${needing.length === 1 ? 'needs' : 'need'} it`,
    })
  }
  if (userHeader !== undefined && trustedProxies.length === 0) {
    problems.push({
      path: 'BRIDGE_TRUSTED_PROXIES',
      rule: 'is not set; set it to the address of the reverse proxy that sets BRIDGE_USER_HEADER, because anyone could send this header',
    })
  }
  if (slackSigningSecret !== undefined && publicUrl === undefined) {
    problems.push({
      path: 'BRIDGE_PUBLIC_URL',
      rule: 'is not set; set it to the address at which Slack and people reach the bridge, because ALERT_SLACK_SIGNING_SECRET needs it',
    })
  }
  const others = [settings.tokens, settings.heartbeatTokens ?? []].flat().map((token) => token.reveal())
  if (onCallTokens.some((token) => others.includes(token.reveal()))) {
    problems.push({ path: 'BRIDGE_ONCALL_TOKEN', rule: 'must differ from BRIDGE_TOKEN and BRIDGE_HEARTBEAT_TOKEN', value: '***' })
  }
  return problems
}

/** Lines of `check` about what people can do, and warnings about what they cannot. */
export function describeIncidents(settings: IncidentSettings): {
  readonly lines: readonly string[]
  readonly warnings: readonly string[]
} {
  const { publicUrl, linkHours = 72, alertmanagerUrls = [], onCallTokens = [], userHeader, slackSigningSecret } = settings
  const hasList = onCallTokens.length > 0 || userHeader !== undefined
  const access = [onCallTokens.length > 0 && 'token', userHeader !== undefined && `header ${userHeader}`].filter(
    (one) => one !== false,
  )
  return {
    lines: [
      publicUrl === undefined
        ? 'no links to acknowledge, silence or resolve in messages: BRIDGE_PUBLIC_URL is not set'
        : `links to acknowledge${alertmanagerUrls.length === 0 ? '' : ', silence'} and resolve at ${publicUrl}, valid for ${linkHours} h`,
      ...(alertmanagerUrls.length === 0
        ? []
        : [`silences are created at ${alertmanagerUrls.map((url) => new URL(url.reveal()).host).join(' or ')}`]),
      ...(hasList ? [`list of incidents at /, by ${access.join(' and ')}`] : []),
      ...(slackSigningSecret === undefined
        ? []
        : ['buttons in Slack: the request URL of the app is BRIDGE_PUBLIC_URL + /slack/interactions']),
    ],
    warnings: [
      ...(publicUrl !== undefined &&
      new URL(publicUrl).protocol === 'http:' &&
      !/^(?:localhost|127\.|\[::1\])/.test(new URL(publicUrl).hostname)
        ? ['BRIDGE_PUBLIC_URL is not https: anyone on the way can read links, tokens and sessions']
        : []),
      ...(publicUrl !== undefined && alertmanagerUrls.length === 0
        ? ['ALERTMANAGER_URL is not set: messages have no link to silence']
        : []),
    ],
  }
}
