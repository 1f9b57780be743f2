import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

import { z } from 'zod'

import { isHost, withoutBrackets } from './host.ts'
import { readMailbox, splitMailAddresses } from './mail-address.ts'
import { Secret } from './secret.ts'

/** The part of a zod schema that reads a value. The published types name no zod, so that users do not need it. */
export interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false }
}

/** The rule of a value, in words and as a schema, for the file, the environment and code. */
export interface ValueRule<T> {
  /** The rest of a sentence that starts with the setting: `must be a whole number from 0 to 65535`. */
  readonly rule: string
  readonly schema: Schema<T>
  /** Turns the text of a variable into what the schema checks; text that cannot be turned comes back as it is. */
  readonly fromText: (text: string) => unknown
  /** Whether the value must never be shown. */
  readonly isSecret: boolean
}

/** Node's timers hold no more than 2^31 - 1 ms. */
const longestTimerSeconds = 2_147_483

function numeric(rule: string, schema: (error: string) => z.ZodType<number>): ValueRule<number> {
  return { rule, schema: schema(rule), fromText: numberFromText, isSecret: false }
}

/** A text for which `isValid` holds. */
export function text(rule: string, isValid: (text: string) => boolean): ValueRule<string> {
  return { rule, schema: z.string(rule).refine(isValid, rule), fromText: (text) => text, isSecret: false }
}

/** A text that a regular expression matches. */
export function pattern(rule: string, expression: RegExp): ValueRule<string> {
  return { rule, schema: z.string(rule).regex(expression, rule), fromText: (text) => text, isSecret: false }
}

/** A value that `read` makes of a text; undefined from it means that the text is invalid. */
export function readable<T>(rule: string, read: (text: string) => T | undefined, isSecret = false): ValueRule<T> {
  const safeParse: Schema<T>['safeParse'] = (value) => {
    const data = typeof value === 'string' ? read(value) : undefined
    return data === undefined ? { success: false } : { success: true, data }
  }
  return { rule, schema: { safeParse }, fromText: (text) => text, isSecret }
}

/** Exactly this word. */
export function literal<Word extends string>(word: Word): ValueRule<Word> {
  const rule = `must be ${word}`
  return { rule, schema: z.literal(word, rule), fromText: (text) => text, isSecret: false }
}

/** A number above 0 and not above `max`. */
export function positive(rule: string, max: number): ValueRule<number> {
  return numeric(rule, (error) => z.number(error).positive(error).max(max, error))
}

/** A decimal number for which `isValid` holds. */
export function decimal(rule: string, isValid: (value: number) => boolean): ValueRule<number> {
  return numeric(rule, (error) => z.number(error).refine(isValid, error))
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): ValueRule<number> {
  return numeric(`must be a whole number from ${min} to ${max}`, (error) =>
    z.number(error).int(error).min(min, error).max(max, error),
  )
}

/** A secret text for which `isValid` holds. */
export function secret(rule: string, isValid: (text: string) => boolean): ValueRule<Secret> {
  const schema = z
    .string(rule)
    .refine(isValid, rule)
    .transform((value) => new Secret(value))
  return { rule, schema, fromText: (text) => text, isSecret: true }
}

/** Decimal digits with at most one point; no exponent, hexadecimal or sign. */
function numberFromText(text: string): unknown {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** Seconds, from 0. */
export const seconds: ValueRule<number> = numeric(`must be a number of seconds from 0 to ${longestTimerSeconds}`, (error) =>
  z.number(error).min(0, error).max(longestTimerSeconds, error),
)

/** Seconds between two runs of something, so never 0. */
export const interval: ValueRule<number> = numeric(
  `must be a number of seconds above 0, at most ${longestTimerSeconds}`,
  (error) => z.number(error).positive(error).max(longestTimerSeconds, error),
)

/** A TCP port; 0 is any free one. */
export const port: ValueRule<number> = wholeNumber(0, 65_535)

/** Number of retries. */
export const retryCount: ValueRule<number> = numeric('must be a whole number, 0 or more', (error) =>
  z.number(error).int(error).min(0, error),
)

/** Factor between two waits. */
export const growthFactor: ValueRule<number> = numeric('must be a number, 1 or more', (error) => z.number(error).min(1, error))

/** A price in US dollars per million tokens. */
export const usdPerMillion: ValueRule<number> = numeric('must be US dollars per million tokens, 0 or more', (error) =>
  z.number(error).min(0, error),
)

/** A switch; `1` and `0` too in a variable. */
export const onOff: ValueRule<boolean> = {
  rule: 'must be true or false',
  schema: z.boolean('must be true or false'),
  fromText: (text) => ({ true: true, '1': true, false: false, '0': false })[text] ?? text,
  isSecret: false,
}

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): ValueRule<Word> {
  const rule = `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  return { rule, schema: z.enum(words, rule), fromText: (text) => text, isSecret: false }
}

/** Any text on one line. */
export const oneLine: ValueRule<string> = text('must be one line of text', isOneLine)

/** A user of HTTP basic authentication, in which a colon ends the name. */
export const basicAuthUser: ValueRule<string> = text(
  'must be one line of text without a colon',
  (text) => isOneLine(text) && !text.includes(':'),
)

/** A time zone by its IANA name. */
export const timeZone: ValueRule<string> = text('must be a time zone such as Europe/Berlin', isTimeZone)

const hostRule = 'must be a host name or an IP address, without a port'

/** A host name or an IP address; the brackets that an IPv6 address has in a URL are left out. */
export const host: ValueRule<string> = {
  rule: hostRule,
  schema: z.string(hostRule).refine(isHost, hostRule).transform(withoutBrackets),
  fromText: (text) => text,
  isSecret: false,
}

/** Name in the greeting of a mail program (EHLO). */
export const helloName: ValueRule<string> = text('must be a host name, or an IP address in brackets', (text) =>
  /^(?:[A-Za-z0-9_](?:[\w.-]*\w)?|\[[\w.:]+\])$/.test(text),
)

/** Certificates in PEM. */
export const certificates: ValueRule<string> = text('must be one or more certificates in PEM', areCertificates)

const networksRule = 'must be IP addresses or networks (10.0.0.0/8) separated by commas'

/** IP addresses and networks separated by commas. */
export const networks: ValueRule<readonly string[]> = {
  rule: networksRule,
  schema: z
    .string(networksRule)
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
    .refine((parts) => parts.length > 0 && parts.every(isNetwork), networksRule),
  fromText: (text) => text,
  isSecret: false,
}

/** Sources of model calls and tool calls, as @swarmwatch/instrumentation names them. */
export const frameworkSources = ['wire', 'ai-sdk', 'openai-agents', 'langchain', 'mcp'] as const
/** One of {@link frameworkSources}. */
export type FrameworkSource = (typeof frameworkSources)[number]

const sourceName = `(?:${frameworkSources.join('|')})`

/** `on` for all, `off` for none, or names separated by commas. */
export const sourceList: ValueRule<string> = pattern(
  `must be on, off, or a list of ${frameworkSources.join(', ')} separated by commas`,
  new RegExp(`^(?:on|off|${sourceName}(?: *, *${sourceName})*)$`),
)

/** One mail address, `ops@example.com` or `Ops <ops@example.com>`. */
export const mailAddress: ValueRule<string> = text('must be a mail address', isMailAddress)

/** Mail addresses separated by commas. */
export const mailAddresses: ValueRule<readonly string[]> = {
  rule: 'must be mail addresses separated by commas',
  schema: z
    .string('must be mail addresses separated by commas')
    .refine(
      (text) => splitMailAddresses(text).length > 0 && splitMailAddresses(text).every(isMailAddress),
      'must be mail addresses separated by commas',
    )
    .transform(splitMailAddresses),
  fromText: (text) => text,
  isSecret: false,
}

/** An address that is shown, so it must not contain a password. */
export const openUrl: ValueRule<string> = text('must be an http or https URL without user name and password', (text) => {
  const url = httpUrl(text)
  return url !== undefined && url.username === '' && url.password === ''
})

/** A password or token. */
export const secretText: ValueRule<Secret> = secret('must be one line of text', isOneLine)

/** An address that contains a token. */
export const secretUrl: ValueRule<Secret> = secret('must be an http or https URL', (text) => httpUrl(text) !== undefined)

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Whether it is an IP address, or one with the length of its prefix. */
function isNetwork(text: string): boolean {
  const [, address = text, length = '0'] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const version = isIP(address)
  return version !== 0 && Number(length) <= (version === 4 ? 32 : 128)
}

/** Whether it looks like a mail address; the mail server decides. */
export function isMailAddress(text: string): boolean {
  return readMailbox(text) !== undefined
}

function areCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).serialNumber !== '')
  } catch {
    return false
  }
}

function isOneLine(text: string): boolean {
  return text !== '' && !/[\r\n\0]/.test(text)
}

/** An http or https URL; undefined for any other text. */
export function httpUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) ? url : undefined
}
