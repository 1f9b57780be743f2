import { Secret } from '@swarmwatch/config'
import { headerOf, openMailServer } from '@swarmwatch/testkit'

import { reply } from '../smtp-replies.ts'
import { mailChannel } from '../mail-channel.ts'
import { planted, type ChannelDriver, type DrivenChannel } from './channel-driver.ts'

export const emailDrivers: readonly ChannelDriver[] = [{ variant: 'email', hasServer: true, start }]

async function start(): Promise<DrivenChannel> {
  const state = { mode: 'well' as 'well' | 'hang' | 'echo' }
  const quoted = `${planted[0]} ${Buffer.from(planted[0]!).toString('base64')} ${Buffer.from(`\0user\0${planted[0]}`).toString('base64')}`
  const smtp = await openMailServer({
    allowInsecureAuth: true,
    authOptional: false,
    onAuth: (_, __, done) => (state.mode === 'echo' ? done(reply(535, `wrong ${quoted}`)) : done(null, { user: 'user' })),
    onMailFrom: (_, __, done) => {
      if (state.mode === 'echo') done(reply(554, `no, ${quoted} \u202E\u00E9`))
      if (state.mode === 'well') done()
    },
  })
  return {
    open: () => mailChannel(smtp.port, { user: 'user', password: new Secret(planted[0]!) }),
    arrived: () => smtp.mails.map(({ raw }) => raw),
    ids: () => smtp.mails.map(({ raw }) => headerOf(raw, 'message-id')),
    server: {
      hang: () => void (state.mode = 'hang'),
      echo: () => void (state.mode = 'echo'),
      connections: () => smtp.server.connections.size,
    },
    [Symbol.asyncDispose]: () => smtp[Symbol.asyncDispose](),
  }
}
