import { Secret } from '@swarmwatch/config'

import { openMattermostChannel } from '../../../src/channels/mattermost/mattermost-channel.ts'
import { answerWith } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'
import { httpDriver } from './http-driver.ts'

const success = { 'mattermost, Mattermost': answerWith(200, 'ok'), 'mattermost, Rocket.Chat': answerWith(200, { success: true }) }

export const mattermostDrivers: readonly ChannelDriver[] = Object.entries(success).map(([variant, answer]) =>
  httpDriver({
    variant,
    success: answer,
    open: ({ url }, dependencies) =>
      openMattermostChannel(
        { name: 'mattermost', webhook: new Secret(`${url}/hooks/${planted[0]}/${planted[1]}`) },
        dependencies,
      ),
  }),
)
