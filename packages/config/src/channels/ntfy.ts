import type { Secret } from '../secret.ts'
import { secret, secretText } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** A topic of an ntfy server. */
export interface NtfyChannel extends ChannelBase {
  readonly type: 'ntfy'
  /** Address of the topic. A secret, because anyone who knows a topic of ntfy.sh can read it. File: `url`; `ALERT_NTFY_URL` where the file has none. */
  readonly url: Secret
  /** Access token. `ALERT_NTFY_TOKEN`. @default none: the topic needs no login */
  readonly token: Secret | undefined
}

const topicUrl = secret('must be the address of a topic, such as https://ntfy.sh/my-topic', (text) => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.search === '' && /\/[\w-]{1,64}$/.test(url.pathname)
})

/** Push messages by ntfy. */
export const ntfy: ChannelDefinition<NtfyChannel> = {
  type: 'ntfy',
  title: 'ntfy',
  about: 'Push messages by ntfy, on ntfy.sh or a server of your own.',
  examples: ["{ type: ntfy, url: '${ALERT_NTFY_URL}' }"],
  keys: {
    url: {
      value: topicUrl,
      about: 'Address of the topic. Default: ALERT_NTFY_URL.',
      isTarget: true,
      variable: {
        name: 'ALERT_NTFY_URL',
        about: 'Address of the ntfy topic, for a channel that has none.',
        example: { comment: 'Address of an ntfy topic, such as https://ntfy.sh/a-name-that-is-hard-to-guess.' },
      },
    },
    token: {
      value: secretText,
      variable: {
        name: 'ALERT_NTFY_TOKEN',
        about: 'Access token of ntfy. Without it, the topic must accept messages without a login.',
        example: { comment: 'Access token, if the topic needs a login.' },
      },
    },
  },
  needs: ['url'],
}
