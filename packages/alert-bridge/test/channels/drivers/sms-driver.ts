import { Secret } from '@swarmwatch/config'

import { openSmsChannel } from '../../../src/channels/sms/sms-channel.ts'
import { answerWith } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'
import { httpDriver } from './http-driver.ts'

export const smsDrivers: readonly ChannelDriver[] = [
  httpDriver({
    variant: 'sms',
    success: answerWith(201, { sid: 'SM1', status: 'queued' }),
    open: ({ url }, dependencies) =>
      openSmsChannel(
        {
          name: 'sms',
          recipients: ['+491701234567'],
          account: 'AC1',
          token: new Secret(planted[1]!),
          from: '+15005550006',
          apiUrl: url,
        },
        dependencies,
      ),
  }),
]
