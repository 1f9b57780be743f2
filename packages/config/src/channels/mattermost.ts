import type { Secret } from '../secret.ts'
import { secretUrl } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** An incoming webhook of Mattermost or Rocket.Chat, which accept the attachments of Slack but not its blocks. */
export interface MattermostChannel extends ChannelBase {
  readonly type: 'mattermost'
  /** File: `webhook`; `ALERT_MATTERMOST_WEBHOOK` where the file has none. */
  readonly webhook: Secret
}

/** Mattermost and Rocket.Chat, by an incoming webhook. */
export const mattermost: ChannelDefinition<MattermostChannel> = {
  type: 'mattermost',
  title: 'Mattermost or Rocket.Chat',
  about: 'Mattermost or Rocket.Chat, by an incoming webhook.',
  examples: ["{ type: mattermost, webhook: '${ALERT_MATTERMOST_WEBHOOK}' }"],
  keys: {
    webhook: {
      value: secretUrl,
      about: 'Address of the incoming webhook. Default: ALERT_MATTERMOST_WEBHOOK.',
      isTarget: true,
      variable: {
        name: 'ALERT_MATTERMOST_WEBHOOK',
        about: 'Address of the incoming webhook of Mattermost or Rocket.Chat, for a channel that has none.',
        example: { comment: 'Address of an incoming webhook of Mattermost or Rocket.Chat.' },
      },
    },
  },
  needs: ['webhook'],
}
