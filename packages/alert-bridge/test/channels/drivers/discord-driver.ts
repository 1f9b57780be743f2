import { Secret } from '@swarmwatch/config'

import { openDiscordChannel } from '../../../src/channels/discord/discord-channel.ts'
import { answerWith } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'
import { httpDriver } from './http-driver.ts'

export const discordDrivers: readonly ChannelDriver[] = [
  httpDriver({
    variant: 'discord',
    success: answerWith(200, { id: '1312345678901234567' }),
    open: ({ url }, dependencies) =>
      openDiscordChannel({ name: 'discord', webhook: new Secret(`${url}/api/webhooks/1/${planted[0]}`) }, dependencies),
  }),
]
