import type { Secret } from '../secret.ts'
import { openUrl, pattern, secretText, type ValueRule } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** Text messages by Twilio, or by a service with the same interface. */
export interface SmsChannel extends ChannelBase {
  readonly type: 'sms'
  /** File: `recipients`; `ALERT_SMS_TO` (separated by commas) where the file has none. */
  readonly recipients: readonly string[]
  /** `ALERT_SMS_ACCOUNT`. */
  readonly account: string
  /** `ALERT_SMS_TOKEN`. */
  readonly token: Secret
  /** `ALERT_SMS_FROM`. */
  readonly from: string
  /** Address of the service. `ALERT_SMS_API_URL`. @default 'https://api.twilio.com' */
  readonly apiUrl: string
}

const number = /^\+[1-9]\d{6,14}$/
const phoneNumber = pattern('must be a phone number such as +491701234567', number)
const phoneNumbersRule = 'must be phone numbers such as +491701234567 separated by commas'
const split = (text: string): string[] => text.split(',').flatMap((part) => part.trim() || [])

/** Phone numbers separated by commas. */
const phoneNumbers: ValueRule<readonly string[]> = {
  rule: phoneNumbersRule,
  schema: {
    safeParse(value) {
      const numbers = typeof value === 'string' ? split(value) : []
      return numbers.length > 0 && numbers.every((one) => number.test(one))
        ? { success: true, data: numbers }
        : { success: false }
    },
  },
  fromText: (text) => text,
  isSecret: false,
}

/** Text messages by Twilio. */
export const sms: ChannelDefinition<SmsChannel> = {
  type: 'sms',
  title: 'text message (SMS)',
  about: 'Text messages (SMS) by Twilio, or by a service with its interface.',
  examples: ["{ type: sms, recipients: ['+491701234567'] }"],
  keys: {
    account: {
      value: pattern('must be 2 to 64 letters, digits, dashes or underscores', /^[\w-]{2,64}$/),
      variable: {
        name: 'ALERT_SMS_ACCOUNT',
        about: 'Account SID of Twilio.',
        example: { comment: 'Account SID of Twilio. Empty: no text messages.' },
      },
    },
    token: {
      value: secretText,
      variable: {
        name: 'ALERT_SMS_TOKEN',
        about: 'Auth token of the account.',
        example: { comment: 'Its auth token.' },
      },
    },
    from: {
      value: pattern(
        'must be a phone number such as +491701234567, the SID of a messaging service, or a name of up to 11 letters and digits',
        /^(?:\+[1-9]\d{2,14}|\d{3,8}|MG[0-9a-f]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/,
      ),
      variable: {
        name: 'ALERT_SMS_FROM',
        about: 'Sender: a phone number of the account, the SID of a messaging service, or an alphanumeric sender.',
        example: { comment: 'Sender: a phone number, the SID of a messaging service (MG...), or a name.' },
      },
    },
    recipients: {
      value: { items: phoneNumber, rule: 'must be a list of phone numbers' },
      about: 'Phone numbers in international format. Default: ALERT_SMS_TO.',
      isTarget: true,
      variable: {
        name: 'ALERT_SMS_TO',
        about: 'Phone numbers of the recipients in international format, for a channel that lists none.',
        value: phoneNumbers,
        example: { comment: 'Recipients, separated by commas, such as +491701234567.' },
      },
    },
    apiUrl: {
      value: openUrl,
      default: 'https://api.twilio.com',
      variable: {
        name: 'ALERT_SMS_API_URL',
        about: 'Address of a service with the interface of Twilio.',
        example: { comment: 'Address of a service with the interface of Twilio. Empty: Twilio.' },
      },
    },
  },
  needs: ['recipients', 'account', 'token', 'from'],
  address: phoneNumber,
}
