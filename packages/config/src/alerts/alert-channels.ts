import type { SettingsFile } from '../file/settings-file.ts'
import { resolveSettings, type Resolved, type Sources } from '../setting.ts'
import { buildEmail } from './build-email.ts'
import { buildSlack } from './build-slack.ts'
import { buildWebhook } from './build-webhook.ts'
import { baseOf, type ChannelEntry, type Target } from './channel-entry.ts'
import { channelVariables, serverVariables, type ChannelVariables } from './channel-variables.ts'
import type { ChannelWithOrigins } from './channel-with-origins.ts'
import type { CodeAlerts } from './read-code-alerts.ts'

type Variables = Resolved<ChannelVariables>

/**
 * The channels of code or else of the file, and one for each kind that only the `ALERT_*` variables name. A channel without a target
 * is left out, with a line in `offChannels`.
 */
export function buildChannels(
  file: SettingsFile,
  sources: Sources,
  code: CodeAlerts['channels'],
  offChannels: string[],
): ChannelWithOrigins[] {
  const variables = resolveSettings('alerts', channelVariables, sources)
  const listed = code === undefined ? entriesOfFile(file) : entriesOfCode(code)
  const entries = [...listed, ...entriesOfVariables(listed, variables)]
  return entries.flatMap((entry) => {
    const built = buildChannel(entry, withServer(entry, variables, sources))
    if (typeof built !== 'string') return built
    const cure = entry.path === undefined ? 'set it' : `set it, or remove ${entry.path} from ${entry.listedIn}`
    offChannels.push(`alert channel "${entry.channel.name ?? entry.channel.type}" is off: ${built}; ${cure}`)
    return []
  })
}

function entriesOfCode(channels: NonNullable<CodeAlerts['channels']>): ChannelEntry[] {
  return channels.map(({ channel, server }, index) => ({
    channel,
    server,
    path: `alerts.channels[${index}]`,
    listedIn: 'code',
    origin: 'code',
    details: new Map(),
  }))
}

function entriesOfFile({ name, settings, details }: SettingsFile): ChannelEntry[] {
  const channels = settings.alerts?.channels ?? []
  return channels.map((channel, index) => {
    const path = `alerts.channels[${index}]`
    return { channel, server: {}, path, listedIn: name, origin: `file ${name}:${path}.type`, details }
  })
}

function entriesOfVariables(listed: readonly ChannelEntry[], { values, origins }: Variables): ChannelEntry[] {
  const targets = [
    { type: 'email', key: values.emailHost === undefined ? 'emailTo' : 'emailHost' },
    { type: 'slack', key: 'slackWebhook' },
    { type: 'webhook', key: 'webhookUrl' },
  ] as const
  const types = new Set(listed.map(({ channel }) => channel.type))
  return targets
    .filter(({ type, key }) => values[key] !== undefined && !types.has(type))
    .map(({ type, key }) => ({
      channel: { type },
      server: {},
      path: undefined,
      listedIn: undefined,
      origin: origins[key],
      details: new Map(),
    }))
}

/** The variables, with what code says about this one channel over them. */
function withServer({ channel, server, path }: ChannelEntry, variables: Variables, sources: Sources): Variables {
  const settings = serverVariables[channel.type]
  if (path === undefined || settings === undefined || Object.keys(server).length === 0) return variables
  const given = Object.entries(settings).flatMap(([name, key]) =>
    server[name] === undefined ? [] : [[name, channelVariables[key]]],
  )
  const own = resolveSettings<Record<string, unknown>>(path, Object.fromEntries(given), sources, server)
  const merged = { values: { ...variables.values }, origins: { ...variables.origins } }
  for (const [name] of given) {
    const key = settings[name as string]!
    Object.assign(merged.values, { [key]: own.values[name as string] })
    merged.origins[key] = own.origins[name as string]!
  }
  return merged
}

/** The channel, or why it is off. */
function buildChannel(entry: ChannelEntry, variables: Variables): ChannelWithOrigins | string {
  const { values, origins } = baseOf(entry)
  switch (entry.channel.type) {
    case 'console':
      return { channel: { type: 'console', ...values }, origins }
    case 'email':
      return buildEmail(entry, variables, { to: variable(variables, 'emailTo'), host: variable(variables, 'emailHost') })
    case 'slack':
      return buildSlack(entry, variable(variables, 'slackWebhook'))
    case 'webhook':
      return buildWebhook(entry, variable(variables, 'webhookUrl'), variable(variables, 'webhookSecret'))
  }
}

function variable<Key extends keyof ChannelVariables>(
  { values, origins }: Variables,
  key: Key,
): Target<NonNullable<ChannelVariables[Key]>> {
  return { value: values[key] ?? undefined, origin: origins[key], missing: `${channelVariables[key].variable} is not set` }
}
