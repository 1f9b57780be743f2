import type { Secret } from '../secret.ts'
import { secretUrl } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** A webhook of Microsoft Teams, which the app Workflows (Power Automate) provides. */
export interface TeamsChannel extends ChannelBase {
  readonly type: 'teams'
  /** File: `webhook`; `ALERT_TEAMS_WEBHOOK` where the file has none. */
  readonly webhook: Secret
}

/** Microsoft Teams, by a webhook of the app Workflows. */
export const teams: ChannelDefinition<TeamsChannel> = {
  type: 'teams',
  title: 'Microsoft Teams',
  about: 'Microsoft Teams, by a webhook of the app Workflows (Power Automate).',
  examples: ["{ type: teams, webhook: '${ALERT_TEAMS_WEBHOOK}' }"],
  keys: {
    webhook: {
      value: secretUrl,
      about: 'Address of the workflow. Default: ALERT_TEAMS_WEBHOOK.',
      isTarget: true,
      variable: {
        name: 'ALERT_TEAMS_WEBHOOK',
        about: 'Address of the Microsoft Teams workflow, for a channel that has none.',
        example: { comment: 'Address of a workflow "When a Teams webhook request is received" of Microsoft Teams.' },
      },
    },
  },
  needs: ['webhook'],
}
