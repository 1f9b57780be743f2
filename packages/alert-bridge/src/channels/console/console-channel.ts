import type { ConsoleChannel } from '@swarmwatch/config'

import type { Channel } from '../channel.ts'
import { realWorld, type ChannelWorld } from '../channel-world.ts'
import { guardedDelivery } from '../guarded-delivery.ts'
import { hideSecrets } from '../hide-secrets.ts'
import { alertLine } from './alert-line.ts'

/** Prints each notice as one line; what is left when nothing else works. */
export function openConsoleChannel(settings: Pick<ConsoleChannel, 'name'>, world: Partial<ChannelWorld> = {}): Channel {
  const { now, write } = { ...realWorld, ...world }
  const recipients = [settings.name]
  return {
    name: settings.name,
    type: 'console',
    recipients,
    concurrency: 1,
    deliver: guardedDelivery(recipients, hideSecrets([]), async ({ id, notice }) => {
      write(alertLine(notice, id, now()))
      return { kind: 'delivered' }
    }),
    close: async () => {},
  }
}
