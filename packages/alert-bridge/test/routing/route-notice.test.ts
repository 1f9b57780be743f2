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

test('notifies each recipient of each channel that lists the severity', () => {
  expect(names(routeNotice(notice('warning'), channels))).toEqual(['mail a@x.io', 'mail b@x.io', 'chat people'])
  expect(names(routeNotice(notice('critical'), channels))).toEqual(['mail a@x.io', 'mail b@x.io'])
})

test('a fallback channel that lists critical is notified immediately; one that does not list it is not, whatever else it lists', () => {
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

test('notifies the recipients of the firing message of later states, but no removed channel', () => {
  const notified = [
    { channel: 'pager', recipient: 'people' },
    { channel: 'gone', recipient: 'people' },
  ]
  expect(names(routeNotice(notice('warning', 'resolved'), channels, { notified }))).toContain('pager people')
  expect(names(routeNotice(notice('warning', 'resolved'), channels, { notified }))).not.toContain('gone people')
})

test('notifies a channel of the severities that it lists, although the worst firing alert has another one', () => {
  const severities = ['warning', 'critical'] as const
  const duty = recordingChannel({ name: 'duty', severities: ['critical'] }).routed
  expect(names(routeNotice(notice('warning'), [...channels, duty], { severities }))).toContain('duty people')
})

test('does not send a report about a channel to that channel, and sends a test to all', () => {
  expect(names(routeNotice(notice('warning', 'meta'), channels, { except: 'mail' }))).toEqual(['chat people'])
  expect(names(routeNotice(notice('info', 'drill'), channels))).toHaveLength(4)
})

test('a critical notice goes to the reserve at once when no other channel lists it, but not to the channel it is about', () => {
  const chat = recordingChannel({ name: 'chat', severities: ['info'] }).routed
  const [pager, phone] = ['pager', 'phone'].map((name) => recordingChannel({ name, fallback: true }).routed)
  expect(names(routeNotice(notice('critical'), [chat, pager!, phone!]))).toEqual(['pager people', 'phone people'])
  expect(names(routeNotice(notice('critical'), [chat, pager!, phone!], { except: 'pager' }))).toEqual(['phone people'])
})

test('a warning that no channel lists is sent to no one, and does not use the fallback', () => {
  const duty = recordingChannel({ name: 'duty', severities: ['critical'] }).routed
  const pager = recordingChannel({ name: 'pager', severities: ['info'], fallback: true }).routed
  expect(routeNotice(notice('warning'), [duty, pager])).toEqual([])
})

test('a fallback channel that lists warning receives it immediately, like every other channel', () => {
  const pager = recordingChannel({ name: 'pager', severities: ['warning'], fallback: true }).routed
  expect(names(routeNotice(notice('warning'), [...channels.slice(0, 1), pager]))).toEqual([
    'mail a@x.io',
    'mail b@x.io',
    'pager people',
  ])
})

test('notifies each recipient once, also one of the firing message, and sends no report about a channel to that channel', () => {
  const notified = ['a@x.io', 'c@x.io'].map((recipient) => ({ channel: 'mail', recipient }))
  expect(names(routeNotice(notice('critical'), channels, { notified }))).toEqual(['mail a@x.io', 'mail b@x.io', 'mail c@x.io'])
  expect(routeNotice(notice('critical', 'meta'), channels.slice(0, 1), { notified, except: 'mail' })).toEqual([])
})

test('a test is sent to all channels, whatever their severities', () => {
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
