import type { Notice } from '../message/notice.ts'
import { routeNotice } from '../routing/route-notice.ts'
import { escalationOf } from './escalation-of.ts'
import type { Taken, TakeOptions } from './take-group.ts'

/** Turns an event, or what the bridge says of itself, into what the store is given. With a key it is told once. */
export function takeNotice(
  notice: Notice,
  { channels, plan, receivedAt, traceparent, key, except }: TakeOptions & { readonly key?: string; readonly except?: string },
): Taken {
  return {
    entry: {
      receivedAt,
      sender: notice.kind,
      ...(key !== undefined && { dedupeKey: key }),
      ...(traceparent !== undefined && { traceparent }),
    },
    decide: ({ seen }) =>
      seen === undefined
        ? {
            kind: 'keep',
            notice,
            recipients: routeNotice(notice, channels, { except }),
            escalation: escalationOf(notice, receivedAt, plan),
          }
        : { kind: 'duplicate', duplicate: 'event' },
  }
}
