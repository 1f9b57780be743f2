import type { Origin } from '../settings/setting.ts'
import type { Shape } from '../shape.ts'
import { oneOf, onOff, pattern, timeZone, type ValueRule } from '../value-rule.ts'

/** Every severity, worst first. */
export const severities = ['critical', 'warning', 'info'] as const

/** How bad an alert is. */
export type Severity = (typeof severities)[number]

/** A daily period in which messages of severity info are held back. */
export interface QuietHours {
  /** `HH:MM`, inclusive. */
  readonly from: string
  /** `HH:MM`, exclusive. An end before `from` means a period across midnight. */
  readonly to: string
  /** IANA name. @default 'UTC' */
  readonly timeZone: string
}

/** Settings that every channel has. */
export interface ChannelBase {
  /** Unique among the channels. @default the type */
  readonly name: string
  /** Severities of the alerts that the channel receives at once. @default all three, or warning and info for a `fallback` */
  readonly severities: readonly Severity[]
  /** Whether the channel also receives a critical alert that no other channel could deliver. @default false */
  readonly fallback: boolean
  /** @default none */
  readonly quietHours: QuietHours | undefined
}

/** A channel of any type. */
export interface AnyChannel extends ChannelBase {
  readonly type: string
}

type Distributed<Channel, Key> = Channel extends unknown ? (Key extends keyof Channel ? Channel[Key] : never) : never
type KeysOf<Channel> = Channel extends unknown ? keyof Channel : never

/** The keys that channels of this type have besides those of {@link ChannelBase}. */
export type OwnKey<Channel extends AnyChannel> = Exclude<KeysOf<Channel>, keyof AnyChannel> & string

/** A value of a channel, for any variant of it. */
export type OwnValue<Channel extends AnyChannel, Key> = Exclude<Distributed<Channel, Key>, undefined>

/**
 * A type of channel: everything that the loader, the JSON schema, the documentation and the production stack need to know about it. To
 * add a type, write a file that exports one of these and add a line to `registry.ts`.
 */
export interface ChannelDefinition<Channel extends AnyChannel> {
  readonly type: Channel['type']
  /** Heading in the example of the environment file: `Alerts: by <title>`. */
  readonly title: string
  /** A sentence for the documentation. */
  readonly about: string
  /** Entries of the file for the documentation, in YAML; together they have every key of this type. */
  readonly examples: readonly string[]
  readonly keys: { readonly [Key in OwnKey<Channel>]: ChannelKey<OwnValue<Channel, Key>> }
  /** Keys without which a channel is off. Where one of them has a variable that is set, a channel exists without any entry. */
  readonly needs: readonly OwnKey<Channel>[]
  /** Whether a channel only records messages that could not be sent to anyone. @default false */
  readonly isLastResort?: boolean
  /** The address of a single person whom a channel of this type can notify. @default only the targets of the channel */
  readonly address?: ValueRule<string>
  /** Finds keys that must not be set together; `given` has the checked and the invalid values. @default no problems */
  check?(given: Readonly<Record<string, unknown>>): readonly { readonly key: OwnKey<Channel>; readonly rule: string }[]
  /** Completes the values, or returns why the channel is off. @default the values as they are, when all of `needs` are there */
  resolve?(fields: Fields<Channel>): Partial<Fields<Channel>> | string
  /** Settings of a channel that work but are a risk, one sentence each. @default none */
  warnings?(channel: Channel): readonly string[]
}

/** A key of a channel. */
export interface ChannelKey<Value> {
  readonly value: ValueRule<Value> | ListRule
  /** A sentence for the documentation. @default the file has no such key, only code and the variable */
  readonly about?: string
  /** Whether a variable in it may be unset, which switches the channel off. @default false */
  readonly isTarget?: boolean
  /** The variable that provides the value where the entry does not. @default none */
  readonly variable?: ChannelVariable<Value>
  /** @default none */
  readonly default?: Value
}

/** A list of values that obey a rule. */
export interface ListRule {
  readonly items: ValueRule<unknown>
  /** `must be a list of host names`. */
  readonly rule: string
}

/** A variable that completes channels of a type. */
export interface ChannelVariable<Value> {
  readonly name: string
  /** A sentence for the documentation. */
  readonly about: string
  /** The rule of its text. @default that of the key */
  readonly value?: ValueRule<Value>
  /** Whether `NAME_FILE` may name a file that contains the value, as for every secret. @default false */
  readonly orFile?: boolean
  /** The comment and the value in `.env.production.example`. */
  readonly example: { readonly comment: string; readonly value?: string }
}

/** The values of a channel, by key. */
export type Fields<Channel extends AnyChannel> = {
  readonly [Key in OwnKey<Channel>]: Field<OwnValue<Channel, Key>>
}

/** The value of a key and its origin. */
export interface Field<Value> {
  readonly value: Value | undefined
  readonly origin: Origin
  /** Whether the entry has the key, even if its value is empty. */
  readonly isListed: boolean
  /** Why there is no value: `ALERT_SLACK_WEBHOOK is not set`. */
  readonly missing: string
}

/** Why a channel is off that needs these: `ALERT_EMAIL_TO is not set and ALERT_EMAIL_HOST is not set`. */
export function allMissing(fields: readonly Field<unknown>[]): string {
  return fields.flatMap(({ value, missing }) => (value === undefined ? missing : [])).join(' and ')
}

/** A channel as code defines it: secrets as text, everything optional. */
export type InCode<Channel extends AnyChannel> = Partial<
  { readonly [Key in OwnKey<Channel>]: PlainText<OwnValue<Channel, Key>> | undefined } & {
    readonly [Key in Exclude<keyof ChannelBase, 'quietHours'>]: ChannelBase[Key] | undefined
  } & { readonly quietHours: (Omit<QuietHours, 'timeZone'> & { readonly timeZone?: string | undefined }) | undefined }
> & { readonly type: Channel['type'] }

type PlainText<Value> = Value extends { reveal(): string }
  ? string
  : Value extends readonly { reveal(): string }[]
    ? readonly string[]
    : Value

const timeOfDay = pattern('must be a time of day as HH:MM', /^([01]\d|2[0-3]):[0-5]\d$/)
const channelName = pattern('must be 1 to 64 letters, digits, dots, dashes or underscores', /^[\w.-]{1,64}$/)

/** The keys that an entry of any type may have. */
export const baseKeys: Readonly<Record<keyof ChannelBase, Shape>> = {
  name: {
    kind: 'value',
    rule: channelName,
    about: 'Unique among the channels. Required if two channels have the same type; otherwise the default is the type.',
  },
  severities: {
    kind: 'list',
    items: { kind: 'value', rule: oneOf(severities) },
    rule: 'must be a list of severities',
    notEmptyRule: 'must have at least one severity',
    about:
      'Severities of the alerts that the channel receives at once. Default: all three, or warning and info for a fallback channel.',
  },
  fallback: {
    kind: 'value',
    rule: onOff,
    about: 'Whether the channel also receives a critical alert that no other channel could deliver.',
    default: false,
  },
  quietHours: {
    kind: 'section',
    keys: {
      from: { kind: 'value', rule: timeOfDay, about: 'Beginning, HH:MM.', isRequired: true },
      to: {
        kind: 'value',
        rule: timeOfDay,
        about: 'End, HH:MM. An end before the beginning means a period across midnight.',
        isRequired: true,
      },
      timeZone: { kind: 'value', rule: timeZone, about: 'Such as Europe/Berlin.', default: 'UTC' },
    },
    about: 'A daily period in which messages of severity info are held back.',
  },
}
