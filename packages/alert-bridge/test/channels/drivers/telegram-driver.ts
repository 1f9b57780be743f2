import { Secret } from '@swarmwatch/config'

import { openTelegramChannel } from '../../../src/channels/telegram/telegram-channel.ts'
import { answerWith } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'
import { httpDriver } from './http-driver.ts'

export const telegramDrivers: readonly ChannelDriver[] = [
  httpDriver({
    variant: 'telegram',
    success: answerWith(200, { ok: true, result: { message_id: 7 } }),
    open: ({ url }, dependencies) =>
      openTelegramChannel({ name: 'telegram', botToken: new Secret(`1:${planted[1]}`), chat: '-100', apiUrl: url }, dependencies),
  }),
]
