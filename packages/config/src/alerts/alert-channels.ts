import type { AlertChannel } from './alert-channel.ts'
import { baseOf, targetOf, type ChannelEntry, type Target } from './channel-entry.ts'
import { channelVariables, type ChannelVariables } from './channel-variables.ts'
import type { Origin } from '../origin.ts'
import { resolveSettings, type Resolved, type Sources } from '../setting.ts'
import type { SettingsFile } from '../file/settings-file.ts'
import { isMailAddress } from '../value-rule.ts'

/** A channel and where its parts came from. */
export interface ChannelWithOrigins {
  readonly channel: AlertChannel
  readonly origins: Readonly<Record<string, Origin>>
}

type Variables = Resolved<ChannelVariables>

/**
 * The channels of the file, and one for each kind that only the `ALERT_*` variables name. A channel without a target is left out,
 * with a line in `notices`.
 */
export function buildChannels(file: SettingsFile, sources: Sources, notices: string[]): ChannelWithOrigins[] {
  const variables = resolveSettings('alerts', channelVariables, sources)
  const entries = [...entriesOfFile(file), ...entriesOfVariables(file, variables)]
  return entries.flatMap((entry) => {
    const built = buildChannel(entry, variables)
    if (typeof built !== 'string') return built
    const cure = entry.path === undefined ? 'set it' : `set it, or remove ${entry.path} from ${file.name}`
    notices.push(`alert channel "${entry.channel.name ?? entry.channel.type}" is off: ${built}; ${cure}`)
    return []
  })
}

function entriesOfFile(file: SettingsFile): ChannelEntry[] {
  const channels = file.settings.alerts?.channels ?? []
  return channels.map((channel, index) => ({
    channel,
    path: `alerts.channels[${index}]`,
    fileName: file.name,
    origin: `file ${file.name}:alerts.channels[${index}].type`,
    details: file.details,
  }))
}

function entriesOfVariables({ name: fileName, settings, details }: SettingsFile, { values, origins }: Variables): ChannelEntry[] {
  const targets = [
    { type: 'email', key: values.emailHost === undefined ? 'emailTo' : 'emailHost' },
    { type: 'slack', key: 'slackWebhook' },
    { type: 'webhook', key: 'webhookUrl' },
  ] as const
  const listed = new Set(settings.alerts?.channels?.map(({ type }) => type))
  return targets
    .filter(({ type, key }) => values[key] !== undefined && !listed.has(type))
    .map(({ type, key }) => ({ channel: { type }, path: undefined, fileName, origin: origins[key], details }))
}

/** The channel, or why it is off. */
function buildChannel(entry: ChannelEntry, variables: Variables): ChannelWithOrigins | string {
  const { channel } = entry
  const { values: base, origins } = baseOf(entry)
  if (channel.type === 'console') return { channel: { type: 'console', ...base }, origins }
  if (channel.type === 'email') return buildEmail(entry, variables)
  if (channel.type === 'slack') {
    const { value, origin, missing } = targetOf(entry, 'webhook', channel.webhook, variable(variables, 'slackWebhook'))
    return value === undefined
      ? missing
      : { channel: { type: 'slack', ...base, webhook: value }, origins: { ...origins, webhook: origin } }
  }
  const { value, origin, missing } = targetOf(entry, 'url', channel.url, variable(variables, 'webhookUrl'))
  if (value === undefined) return missing
  const secret = variable(variables, 'webhookSecret')
  return {
    channel: { type: 'webhook', ...base, url: value, secret: secret.value },
    origins: { ...origins, url: origin, secret: secret.origin },
  }
}

function buildEmail(entry: ChannelEntry, variables: Variables): ChannelWithOrigins | string {
  const recipients = targetOf(entry, 'recipients', entry.channel.recipients, variable(variables, 'emailTo'))
  const host = variable(variables, 'emailHost')
  if (recipients.value === undefined) return recipients.missing
  if (host.value === undefined) return host.missing
  const { values: base, origins: baseOrigins } = baseOf(entry)
  const { emailPort: port, emailUser: user, emailPassword: password, emailFrom } = variables.values
  const { emailPort, emailUser, emailPassword, emailFrom: from, emailHost } = variables.origins
  const userAsSender = user !== undefined && isMailAddress(user) ? user : undefined
  return {
    channel: {
      type: 'email',
      ...base,
      recipients: recipients.value,
      host: host.value,
      port,
      user,
      password,
      from: emailFrom ?? userAsSender ?? 'swarmwatch@localhost',
    },
    origins: {
      ...baseOrigins,
      recipients: recipients.origin,
      host: emailHost,
      port: emailPort,
      user: emailUser,
      password: emailPassword,
      from: emailFrom === undefined && userAsSender !== undefined ? emailUser : from,
    },
  }
}

function variable<Key extends keyof ChannelVariables>(
  { values, origins }: Variables,
  key: Key,
): Target<NonNullable<ChannelVariables[Key]>> {
  return { value: values[key] ?? undefined, origin: origins[key], missing: `${channelVariables[key].variable} is not set` }
}
