import type { Secret } from '../secret.ts'
import { baseOf, isListed, originOf, targetOf, type ChannelEntry, type Target } from './channel-entry.ts'
import type { ChannelWithOrigins } from './channel-with-origins.ts'

/** A Slack channel by bot where there is a token, else by webhook; or why it is off. */
export function buildSlack(entry: ChannelEntry, variable: Target<Secret>): ChannelWithOrigins | string {
  const { values: base, origins } = baseOf(entry)
  const { webhook, bot_token: botToken, channel } = entry.channel
  const token = targetOf(entry, 'bot_token', botToken, { value: undefined, origin: 'default', missing: '' })
  if (token.value !== undefined) {
    const missing = `${entry.path}.channel is missing, which the bot posts to`
    const place = targetOf(entry, 'channel', channel, { value: undefined, origin: 'default', missing })
    if (place.value === undefined) return place.missing
    return {
      channel: { type: 'slack', ...base, botToken: token.value, channel: place.value },
      origins: { ...origins, botToken: token.origin, channel: originOf(entry, 'channel', place.value) },
    }
  }
  const { value, origin, missing } = targetOf(entry, 'webhook', webhook, variable)
  if (value !== undefined) {
    return { channel: { type: 'slack', ...base, webhook: value }, origins: { ...origins, webhook: origin } }
  }
  return isListed(entry, 'bot_token') && !isListed(entry, 'webhook') ? token.missing : missing
}
