import { Secret } from '@swarmwatch/config'

import { openTeamsChannel } from '../../../src/channels/teams/teams-channel.ts'
import { answerWith } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'
import { httpDriver } from './http-driver.ts'

export const teamsDrivers: readonly ChannelDriver[] = [
  httpDriver({
    variant: 'teams',
    success: answerWith(202),
    open: ({ url }, dependencies) => {
      const path = `/workflows/${planted[0]}/triggers/manual/paths/invoke?api-version=1&sig=${planted[1]}`
      return openTeamsChannel({ name: 'teams', webhook: new Secret(`${url}${path}`) }, dependencies)
    },
  }),
]
