import { domainToASCII } from 'node:url'

import { readMailbox } from '../mail-address.ts'
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
  const { emailImplicitTls: implicitTls, emailCa: ca, emailTlsSkipVerify: tlsSkipVerify, emailHello } = variables.values
  const userAsSender = user !== undefined && isMailAddress(user) ? user : undefined
  const sender = emailFrom ?? userAsSender ?? 'swarmwatch@localhost'
  return {
    channel: {
      type: 'email',
      ...base,
      recipients: recipients.value,
      host: host.value,
      port,
      user,
      password,
      from: sender,
      requireTls,
      implicitTls,
      ca,
      tlsSkipVerify,
      hello: emailHello ?? domainOf(sender),
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
      implicitTls: variables.origins.emailImplicitTls,
      ca: variables.origins.emailCa,
      tlsSkipVerify: variables.origins.emailTlsSkipVerify,
      hello: variables.origins.emailHello,
    },
  }
}

/** Strict mail servers refuse a greeting that is no full name, or not ASCII. */
function domainOf(sender: string): string | undefined {
  const domain = domainToASCII(readMailbox(sender)?.address.split('@').at(-1) ?? '')
  return /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(domain) ? domain : undefined
}
