import type { Setting } from '../settings/setting.ts'
import type { ChoiceShape, ListShape, SectionShape, Shape } from '../shape.ts'
import { fileKeyOf } from '../shape.ts'
import { literal, text, type ValueRule } from '../value-rule.ts'
import { type AnyChannel, baseKeys, type ChannelKey, type ChannelDefinition, type InCode } from './channel-definition.ts'
import * as registry from './registry.ts'

type Registered = (typeof registry)[keyof typeof registry]
type ChannelOfType<Type> = Type extends ChannelDefinition<infer Channel> ? Channel : never

/** An alert channel of any type that is registered. */
export type AlertChannel = ChannelOfType<Registered>

/** The word for a type of channel: `'email'`, `'slack'` and so on. */
export type ChannelType = AlertChannel['type']

/** The channels of one type. */
export type ChannelOf<Type extends ChannelType> = Extract<AlertChannel, { readonly type: Type }>

type InCodeOfType<Type> = Type extends ChannelDefinition<infer Channel> ? InCode<Channel> : never

/** A channel in code. What it leaves out comes from the `ALERT_*` variables, as for a channel of the file. */
export type CodeChannel = InCodeOfType<Registered>

/** A type of channel without its own types of values. */
export type AnyDefinition = ChannelDefinition<AnyChannel> & { readonly keys: Readonly<Record<string, ChannelKey<unknown>>> }

/** Every type of channel, in alphabetical order, last resorts at the end. */
export const channelDefinitions: readonly AnyDefinition[] = (Object.values(registry) as unknown as AnyDefinition[]).toSorted(
  (one, other) => Number(one.isLastResort ?? false) - Number(other.isLastResort ?? false) || (one.type < other.type ? -1 : 1),
)

/** The words for the types of channel, in alphabetical order, last resorts at the end. */
export const channelTypes: readonly ChannelType[] = channelDefinitions.map(({ type }) => type as ChannelType)

/** Whether a channel only records messages that could not be sent to anyone, as the console does. */
export function isLastResort({ type }: AnyChannel): boolean {
  return typeOf(type)?.isLastResort ?? false
}

/** The address of a person whom some type of channel can notify. */
export const addressRule: ValueRule<string> = text(
  'must be a mail address, a phone number such as +491701234567, or slack: and an id, such as slack:U012AB3CD',
  (address) => typeOfAddress(address) !== undefined,
)

/** The type of channel that notifies the person with this address; undefined for something else. */
export function typeOfAddress(address: string): ChannelType | undefined {
  return channelDefinitions.find((type) => type.address?.schema.safeParse(address).success === true)?.type as
    | ChannelType
    | undefined
}

/** The addresses that channels of a type can notify. */
export function addressesOf(type: string, addresses: readonly string[]): string[] {
  return addresses.filter((address) => typeOfAddress(address) === type)
}

/** Settings of a channel that work but are a risk, one sentence each. */
export function channelWarnings(channel: AlertChannel): readonly string[] {
  return typeOf(channel.type)?.warnings?.(channel) ?? []
}

/** The variables that switch channels on: `ALERT_EMAIL_HOST and ALERT_EMAIL_TO, ALERT_SLACK_WEBHOOK or ALERT_WEBHOOK_URL`. */
export const channelHint: string = alternatives(
  channelDefinitions.flatMap(({ keys, needs }) => {
    const names = Object.keys(keys).flatMap((key) => (needs.includes(key as never) ? (keys[key]?.variable?.name ?? []) : []))
    return names.length === 0 ? [] : names.join(' and ')
  }),
)

/** The settings that variables provide, by type and key. */
export const channelVariables: Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>> = Object.fromEntries(
  channelDefinitions.map(({ type, keys }) => [
    type,
    Object.fromEntries(
      Object.entries(keys).flatMap(([key, { variable, value, default: fallback }]) => {
        if (variable === undefined) return []
        const { name, about, orFile } = variable
        const setting = {
          variable: name,
          about,
          ...(orFile !== undefined && { orFile }),
          value: (variable.value ?? value) as ValueRule<never>,
          default: fallback,
        }
        return [[key, setting]]
      }),
    ),
  ]),
)

/** The secrets of channels in the production stack, by the name of their file: `alert_slack_webhook` is `ALERT_SLACK_WEBHOOK`. */
export const channelSecrets: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(channelVariables).flatMap((settings) =>
    Object.values(settings).flatMap(({ value, variable }) => (value.isSecret ? [[variable!.toLowerCase(), variable!]] : [])),
  ),
)

/** The shape of a list of channels in the file. */
export const fileChannels: ListShape = listOfChannels(({ about }) => about !== undefined)

/** The shape of a list of channels in code, which may also have what otherwise only variables provide. */
export const codeChannels: ListShape = listOfChannels(() => true)

/** Keys of channels in the file that may contain a secret, such as `bot_token`. */
export const secretFileKeys: readonly string[] = fileKeysWith(({ value, about }) => about !== undefined && isSecret(value))

/** Whether the value at a path of the file is the target of a channel: there, and only there, a variable may be unset. */
export function isTargetPath(path: string): boolean {
  return isKeyPath(path, targetFileKeys)
}

/** Whether the value at a path of the file is an address, token or key of a channel, or the address of a calendar, which is a secret. */
export function isSecretPath(path: string): boolean {
  return isKeyPath(path, secretFileKeys) || /^alerts\.rotations\[\d+\]\.ical$/.test(path)
}

const targetFileKeys = fileKeysWith(({ isTarget }) => isTarget === true)

function isKeyPath(path: string, keys: readonly string[]): boolean {
  const key = /^alerts\.channels\[\d+\]\.(\w+)(?:\[\d+\])?$/.exec(path)?.[1]
  return key !== undefined && keys.includes(key)
}

function fileKeysWith(isWanted: (key: ChannelKey<unknown>) => boolean): string[] {
  const keys = channelDefinitions.flatMap((type) => Object.entries(type.keys))
  return [...new Set(keys.flatMap(([name, key]) => (isWanted(key) ? fileKeyOf(name) : [])))]
}

function listOfChannels(isKeyWanted: (key: ChannelKey<unknown>) => boolean): ListShape {
  return { kind: 'list', items: anyChannel(isKeyWanted), rule: 'must be a list of channels' }
}

function anyChannel(isKeyWanted: (key: ChannelKey<unknown>) => boolean): ChoiceShape {
  return {
    kind: 'choice',
    key: 'type',
    rule: 'must be a mapping with type',
    keyRule: `must be ${alternatives(channelTypes)}`,
    variants: channelDefinitions.map((type): SectionShape => {
      const own = Object.entries(type.keys).filter(([, key]) => isKeyWanted(key))
      return {
        kind: 'section',
        keys: {
          type: { kind: 'value', rule: literal(type.type), about: type.about, isRequired: true },
          ...baseKeys,
          ...Object.fromEntries(own.map(([name, key]) => [name, shapeOf(key)])),
        },
      }
    }),
  }
}

function shapeOf({ value, about, variable }: ChannelKey<unknown>): Shape {
  if (!('items' in value))
    return { kind: 'value', rule: { ...value, isSecret: value.isSecret || variable?.orFile === true }, about }
  return { kind: 'list', items: { kind: 'value', rule: value.items }, rule: value.rule, about }
}

function isSecret(value: ChannelKey<unknown>['value']): boolean {
  return 'items' in value ? value.items.isSecret : value.isSecret
}

function typeOf(word: string): AnyDefinition | undefined {
  return channelDefinitions.find(({ type }) => type === word)
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
