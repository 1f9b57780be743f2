import type { Resolved } from '../setting.ts'
import { isMailAddress } from '../value-rule.ts'
import { baseOf, originOf, targetOf, type ChannelEntry, type Target } from './channel-entry.ts'
import type { ChannelVariables } from './channel-variables.ts'
import type { ChannelWithOrigins } from './channel-with-origins.ts'

/** A mail channel, or why it is off. */
export function buildEmail(
  entry: ChannelEntry,
  variables: Resolved<ChannelVariables>,
  { to, host }: { readonly to: Target<readonly string[]>; readonly host: Target<string> },
): ChannelWithOrigins | string {
  const recipients = targetOf(entry, 'recipients', entry.channel.recipients, to)
  if (recipients.value === undefined) return recipients.missing
  if (host.value === undefined) return host.missing
  const { values: base, origins: baseOrigins } = baseOf(entry)
  const { emailPort: port, emailUser: user, emailPassword: password, emailFrom } = variables.values
  const { emailPort, emailUser, emailPassword, emailFrom: from } = variables.origins
  const requireTls = entry.channel.require_tls ?? variables.values.emailRequireTls
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
      requireTls,
    },
    origins: {
      ...baseOrigins,
      recipients: recipients.origin,
      host: host.origin,
      port: emailPort,
      user: emailUser,
      password: emailPassword,
      from: emailFrom === undefined && userAsSender !== undefined ? emailUser : from,
      requireTls:
        entry.channel.require_tls === undefined
          ? variables.origins.emailRequireTls
          : originOf(entry, 'require_tls', entry.channel.require_tls),
    },
  }
}
