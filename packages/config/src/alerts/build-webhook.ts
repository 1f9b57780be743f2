import type { Secret } from '../secret.ts'
import { baseOf, originOf, targetOf, type ChannelEntry, type Target } from './channel-entry.ts'
import type { ChannelWithOrigins } from './channel-with-origins.ts'

/** A custom webhook, or why it is off. */
export function buildWebhook(entry: ChannelEntry, address: Target<Secret>, key: Target<Secret>): ChannelWithOrigins | string {
  const { values: base, origins } = baseOf(entry)
  const { url, secrets = [], allowed_private_hosts: allowedPrivateHosts = [] } = entry.channel
  const { value, origin, missing } = targetOf(entry, 'url', url, address)
  if (value === undefined) return missing
  return {
    channel: { type: 'webhook', ...base, url: value, secret: key.value, secrets, allowedPrivateHosts },
    origins: {
      ...origins,
      url: origin,
      secret: key.origin,
      secrets: originOf(entry, 'secrets', entry.channel.secrets),
      allowedPrivateHosts: originOf(entry, 'allowed_private_hosts', entry.channel.allowed_private_hosts),
    },
  }
}
