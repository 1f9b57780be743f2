import { expect, test } from 'vitest'

import { openChannels } from '../../src/channels/open-channels.ts'

test('each channel of the settings is opened with its severities, fallback and quiet hours', async () => {
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'UTC' }
  const channels = openChannels([
    { type: 'console', name: 'lines', severities: ['critical'], fallback: false, quietHours },
    { type: 'console', name: 'reserve', severities: ['info'], fallback: true, quietHours: undefined },
  ])
  expect(channels.map(({ channel, ...rest }) => ({ name: channel.name, ...rest }))).toEqual([
    { name: 'lines', type: 'console', severities: ['critical'], fallback: false, quietHours },
    { name: 'reserve', type: 'console', severities: ['info'], fallback: true, quietHours: undefined },
  ])
  await Promise.all(channels.map(({ channel }) => channel.close()))
})
