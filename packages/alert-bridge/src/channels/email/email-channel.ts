import { Secret, type EmailChannel } from '@swarmwatch/config'

import type { Channel } from '../channel.ts'
import { realWorld, type ChannelWorld } from '../channel-world.ts'
import { guardedDelivery } from '../guarded-delivery.ts'
import { hideSecrets } from '../hide-secrets.ts'
import { mailFailure, refusal } from './mail-failure.ts'
import { mailFor } from './mail.ts'
import { mailThread } from './mail-thread.ts'
import { openSmtp } from './smtp.ts'

/** How long each step may take, in milliseconds. */
export interface EmailTimeouts {
  /** @default 10_000 */
  readonly connectMs?: number
  /** @default 10_000 */
  readonly greetingMs?: number
  /** Silence on the connection. @default 30_000 */
  readonly socketMs?: number
  /** @default 5_000 */
  readonly dnsMs?: number
}

/** Settings of the mail channel. */
export interface EmailChannelSettings extends EmailChannel {
  readonly timeouts?: EmailTimeouts
}

const connections = 3

/** Mails each recipient by itself, so that one bad address fails alone. Nothing is connected before the first delivery. */
export function openEmailChannel(settings: EmailChannelSettings, world: Partial<ChannelWorld> = {}): Channel {
  const { now } = { ...realWorld, ...world }
  const { name, recipients, password } = settings
  const smtp = openSmtp(settings, connections)
  return {
    name,
    type: 'email',
    recipients,
    concurrency: connections,
    deliver: guardedDelivery(recipients, hideSecrets([password, logInText(settings)]), async (delivery, signal) => {
      const thread = mailThread(delivery.thread)
      const mail = mailFor(delivery, thread, settings.from, now())
      const progress = { hasBegun: false }
      try {
        const { rejectedErrors = [] } = await smtp.send(mail, signal, progress)
        const [refused] = rejectedErrors
        if (refused !== undefined) return refusal(refused)
        return { kind: 'delivered', thread: thread ?? { root: mail.messageId, subject: mail.subject } }
      } catch (error) {
        return mailFailure(error, progress.hasBegun)
      }
    }),
    close: async () => smtp.close(),
  }
}

/** What goes over the line to log in holds the password too. */
function logInText({ user, password }: EmailChannelSettings): Secret | undefined {
  return user === undefined || password === undefined ? undefined : new Secret(`\0${user}\0${password.reveal()}`)
}
