import { expect, test } from 'vitest'

import type { Notice } from '../../src/message/notice.ts'
import { fallbackRecipients, routeNotice } from '../../src/routing.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'

const channels = [
  recordingChannel({ name: 'mail', recipients: ['a@x.io', 'b@x.io'] }),
  recordingChannel({ name: 'chat', severities: ['warning', 'info'] }),
  recordingChannel({ name: 'pager', severities: ['info'], fallback: true }),
].map(({ routed }) => routed)
const notice = (severity: Notice['severity'], kind: Notice['kind'] = 'firing'): Notice => ({
  kind,
  severity,
  incidentKey: 'i',
  title: 't',
  alerts: [],
})
const names = (recipients: readonly { channel: string; recipient: string }[]): string[] =>
  recipients.map(({ channel, recipient }) => `${channel} ${recipient}`)

test('tells each recipient of each channel that lists the severity', () => {
  expect(names(routeNotice(notice('warning'), channels))).toEqual(['mail a@x.io', 'mail b@x.io', 'chat people'])
  expect(names(routeNotice(notice('critical'), channels))).toEqual(['mail a@x.io', 'mail b@x.io'])
})

test('a channel in reserve that lists critical too is told at once, one that does not is not, whatever else is in it', () => {
  const listing = recordingChannel({ name: 'listing', severities: ['critical', 'warning', 'info'], fallback: true }).routed
  const silent = recordingChannel({ name: 'silent', fallback: true }).routed
  const severities = ['critical', 'warning'] as const
  expect(names(routeNotice(notice('critical'), [...channels, listing, silent], { severities }))).toEqual([
    'mail a@x.io',
    'mail b@x.io',
    'chat people',
    'listing people',
  ])
})

test('keeps the reserve for when it is needed', () => {
  expect(names(fallbackRecipients(channels, [{ channel: 'mail', recipient: 'a@x.io' }]))).toEqual(['pager people'])
  expect(names(fallbackRecipients(channels, [{ channel: 'pager', recipient: 'people' }]))).toEqual([])
})

test('tells those who heard of the beginning how it goes on, but no channel that is gone', () => {
  const notified = [
    { channel: 'pager', recipient: 'people' },
    { channel: 'gone', recipient: 'people' },
  ]
  expect(names(routeNotice(notice('warning', 'resolved'), channels, { notified }))).toContain('pager people')
  expect(names(routeNotice(notice('warning', 'resolved'), channels, { notified }))).not.toContain('gone people')
})

test('tells a channel of what it lists although the worst that still fires is something else', () => {
  const severities = ['warning', 'critical'] as const
  const duty = recordingChannel({ name: 'duty', severities: ['critical'] }).routed
  expect(names(routeNotice(notice('warning'), [...channels, duty], { severities }))).toContain('duty people')
})

test('says nothing of a channel to that channel, and a test to all', () => {
  expect(names(routeNotice(notice('warning', 'meta'), channels, { except: 'mail' }))).toEqual(['chat people'])
  expect(names(routeNotice(notice('info', 'drill'), channels))).toHaveLength(4)
})

test('a critical notice goes to the reserve at once when no other channel lists it, but not to the channel it is about', () => {
  const chat = recordingChannel({ name: 'chat', severities: ['info'] }).routed
  const [pager, phone] = ['pager', 'phone'].map((name) => recordingChannel({ name, fallback: true }).routed)
  expect(names(routeNotice(notice('critical'), [chat, pager!, phone!]))).toEqual(['pager people', 'phone people'])
  expect(names(routeNotice(notice('critical'), [chat, pager!, phone!], { except: 'pager' }))).toEqual(['phone people'])
})

test('a warning that no channel lists is told to nobody, and leaves the reserve alone', () => {
  const duty = recordingChannel({ name: 'duty', severities: ['critical'] }).routed
  const pager = recordingChannel({ name: 'pager', severities: ['info'], fallback: true }).routed
  expect(routeNotice(notice('warning'), [duty, pager])).toEqual([])
})

test('a channel in reserve that lists a warning is told of it at once, like every other', () => {
  const pager = recordingChannel({ name: 'pager', severities: ['warning'], fallback: true }).routed
  expect(names(routeNotice(notice('warning'), [...channels.slice(0, 1), pager]))).toEqual([
    'mail a@x.io',
    'mail b@x.io',
    'pager people',
  ])
})

test('tells each recipient once, also when it heard of the beginning, and says nothing of a channel to that channel', () => {
  const notified = ['a@x.io', 'c@x.io'].map((recipient) => ({ channel: 'mail', recipient }))
  expect(names(routeNotice(notice('critical'), channels, { notified }))).toEqual(['mail a@x.io', 'mail b@x.io', 'mail c@x.io'])
  expect(routeNotice(notice('critical', 'meta'), channels.slice(0, 1), { notified, except: 'mail' })).toEqual([])
})

test('a test goes to all channels, whatever severity they list and whichever it is about', () => {
  expect(names(routeNotice(notice('info', 'drill'), channels, { except: 'mail' }))).toEqual([
    'mail a@x.io',
    'mail b@x.io',
    'chat people',
    'pager people',
  ])
})

test('keeps two recipients apart whose channel and address read the same when they are joined', () => {
  const separated = [
    recordingChannel({ name: 'mail', recipients: ['team\0a@x.io'] }),
    recordingChannel({ name: 'mail\0team', recipients: ['a@x.io'] }),
  ].map(({ routed }) => routed)
  expect(routeNotice(notice('warning'), separated)).toEqual([
    { channel: 'mail', recipient: 'team\0a@x.io' },
    { channel: 'mail\0team', recipient: 'a@x.io' },
  ])
})
