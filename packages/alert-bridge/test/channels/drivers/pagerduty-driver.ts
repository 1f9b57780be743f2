import { Secret } from '@swarmwatch/config'

import { openPagerdutyChannel } from '../../../src/channels/pagerduty/pagerduty-channel.ts'
import { answerWith } from '../fake-http.ts'
import { planted, type ChannelDriver } from './channel-driver.ts'
import { httpDriver } from './http-driver.ts'

interface Sent {
  readonly payload?: { readonly custom_details?: { readonly delivery?: string } }
}

export const pagerdutyDrivers: readonly ChannelDriver[] = [
  httpDriver({
    variant: 'pagerduty',
    success: answerWith(202, { status: 'success', message: 'Event processed', dedup_key: 'x' }),
    open: ({ url }, dependencies) =>
      openPagerdutyChannel({ name: 'pagerduty', routingKey: new Secret(planted[2]!), apiUrl: url }, dependencies),
    idOf: ({ json }) => (json as Sent).payload?.custom_details?.delivery,
  }),
]
