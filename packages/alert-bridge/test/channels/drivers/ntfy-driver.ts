import { Secret } from '@swarmwatch/config'

import { openNtfyChannel } from '../../../src/channels/ntfy/ntfy-channel.ts'
import { answerWith } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'
import { httpDriver } from './http-driver.ts'

export const ntfyDrivers: readonly ChannelDriver[] = [
  httpDriver({
    variant: 'ntfy',
    success: answerWith(200, { id: 'sPs71M8A2T', event: 'message' }),
    open: ({ url }, dependencies) =>
      openNtfyChannel(
        { name: 'ntfy', url: new Secret(`${url}/${planted[0]}`), token: new Secret(`tk_${planted[1]}`) },
        dependencies,
      ),
  }),
]
