import { type ChannelOf, Secret } from '@swarmwatch/config'

import { escapedText } from '../../message/escaped-text.ts'
import { headlineOf } from '../../message/marked-up-text.ts'
import { contentOf } from '../../message/message-content.ts'
import type { Notice } from '../../message/notice.ts'
import type { Channel, ChannelDependencies, DeliveryResult } from '../channel.ts'
import { openHttpChannel } from '../http-channel.ts'
import { basicCredentials, type JsonAnswer } from '../post-json.ts'
import { messageFailure } from '../request-failure.ts'

/** Settings of a channel for text messages. */
export interface SmsChannelSettings extends Pick<
  ChannelOf<'sms'>,
  'name' | 'recipients' | 'account' | 'token' | 'from' | 'apiUrl'
> {
  /** Further numbers that may be recipients of a delivery: those of escalation steps. @default [] */
  readonly people?: readonly string[]
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/** Sends text messages through the Messages API of Twilio. Each recipient is delivered to, and fails, independently. */
export function openSmsChannel(settings: SmsChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { name, account, token, from, apiUrl, people, timeoutMs } = settings
  const login = { user: account, password: token.reveal() }
  const recipients = [...new Set(settings.recipients)]
  const secrets = [token, new Secret(basicCredentials(login))]
  const url = `${apiUrl.replace(/\/+$/, '')}/2010-04-01/Accounts/${account}/Messages.json`
  const sender = from.startsWith('MG') && from.length === 34 ? { MessagingServiceSid: from } : { From: from }
  // a long number sends one segment per second; Twilio queues more
  const limits = { perSecond: 1, burst: 5 }
  return openHttpChannel(
    { name, recipients, people, limits, secrets, timeoutMs },
    dependencies,
    (exchange) =>
      ({ notice, recipient }, signal) => {
        const fields = { To: recipient, ...sender, Body: smsText(notice) }
        return exchange<DeliveryResult>({ url, login, fields }, signal, (answer, now) =>
          answer.status === 201 && typeof answer.json['sid'] === 'string' ? { kind: 'delivered' } : smsFailure(answer, now),
        )
      },
  )
}

/** The recipient cannot be reached: an invalid number, a landline, one that opted out, a region or number that is not permitted. */
const recipientErrors: ReadonlySet<unknown> = new Set([21_211, 21_214, 21_265, 21_408, 21_608, 21_610, 21_612, 21_614, 21_635])
/** The account or the sender must be fixed first, or the daily limit is reached. */
const channelErrors: ReadonlySet<unknown> = new Set([
  20_003, 20_005, 20_006, 20_008, 20_404, 21_212, 21_603, 21_606, 21_607, 21_609, 21_611, 21_618, 21_659, 21_660, 21_701, 21_703,
  21_705, 63_038,
])

function smsFailure(answer: JsonAnswer, now: Date): DeliveryResult {
  const { status, json } = answer
  if (status < 300) return { kind: 'retry', reason: `the service answered ${status} without the message`, unknown: true }
  const failure = messageFailure(answer, now, 'the service')
  if (recipientErrors.has(json['code'])) return { kind: 'undeliverable', reason: failure.reason }
  if (channelErrors.has(json['code'])) return { kind: 'channel-down', reason: failure.reason }
  return failure
}

/** The characters of GSM 03.38, and those of its extension, which take two places. */
const gsm = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]$/
const gsmExtension = /^[\^{}\\[~\]|€]$/

/**
 * Characters in three segments. A text with a character that GSM 03.38 lacks is sent as UCS-2, with less than half of the room. Services
 * accept 1,600 characters, and bill each segment.
 */
const room = { gsm: 3 * 153, ucs2: 3 * 67 } as const

/** The notice as a text message: the headline, the address of the first step, and the beginning of the explanation. */
export function smsText(notice: Notice): string {
  const content = contentOf(notice)
  const [url] = [content.firstStep?.link, ...content.links].flatMap((link) => link?.url ?? [])
  const headline = headlineOf(content)
  const lead = content.paragraphs.join(' ').replaceAll(/\s+/g, ' ')
  const whole = [headline, lead].filter((part) => part !== '').join('. ')
  const isGsm = Array.from(`${whole}${url ?? ''}`).every((character) => gsm.test(character) || gsmExtension.test(character))
  const places = isGsm ? (text: string) => Array.from(text).reduce((sum, one) => sum + (gsm.test(one) ? 1 : 2), 0) : undefined
  const measure = places ?? ((text: string) => text.length)
  const total = isGsm ? room.gsm : room.ucs2
  // a long address would leave no room for the words
  const link = url !== undefined && measure(url) <= total / 2 ? `\n${url}` : ''
  return `${escapedText(whole, total - measure(link), { measure })}${link}`
}
