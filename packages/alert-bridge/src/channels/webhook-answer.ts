import { parseJson } from '../parse-json.ts'
import type { JsonAnswer } from './post-json.ts'

/**
 * Verdict of a part of an answer: the message was accepted, it was not, or neither. A sentence counts only if there is no other verdict,
 * because it may be the text of the message.
 */
interface Verdict {
  readonly byKey: boolean | undefined
  readonly bySentence: boolean | undefined
}

/** Keys by what they hold, in lower case without `_`, `-` and a leading `is`. */
const kinds: ReadonlyMap<string, 'yes or no' | 'problem' | 'result' | 'code' | 'sentence' | 'wrapper'> = new Map([
  ...keys('yes or no', 'ok success successful succeeded delivered accepted sent posted'),
  // any value is a problem
  ...keys('problem', 'error errors err errormessage errormsg errordescription exception fault failure failures failed'),
  ...keys('result', 'status result state outcome'),
  // 0 and 2xx mean success (DingTalk, WeCom, Lark, Power Automate)
  ...keys('code', 'code statuscode errcode errorcode errno errorno retcode ret rc returncode resultcode'),
  ...keys('sentence', 'message msg errmsg detail details description reason title'),
  ...keys('wrapper', 'data response body meta'),
])

const noProblem =
  /\b(?:no|0|zero|without)(?: any)? (?:errors?|failures?|failed|problems?)\b|\b(?:errors?|failures?|failed)["']?\s*[:=]\s*(?:0|no|none|null|false)\b/gi
const negative =
  /\b(errors?|fail(ed|s|ure|ures)?|invalid|denied|forbidden|unauthori[sz]ed|not|no|nok|ko|false|null|none|nothing|refused|rejected|expired|exceeded|too many|unavailable|down|gateway|maintenance|timed? ?out|cannot|could ?n.t|can.t|was ?n.t|unable|unknown|missing|required|disabled|blocked|throttled|limit(ed)?|(log|sign) ?(in|on)|0 (sent|delivered|accepted|posted)|(ok|success|sent|delivered|accepted|posted)["']?\s*[:=]\s*0)\b/i
const affirmative =
  /\b(ok|okay|success|successful|successfully|succeeded|accepted|sent|delivered|received|created|posted|published|queued|enqueued|scheduled|processed|triggered|forwarded|submitted|completed?|done|true|thanks|thank you|got it)\b/i
/** Names that do not describe the result: of a channel such as `#alerts-down`, an address such as `no-reply@example.com`. */
const names = /#[\w-]+|[\w.-]+@[\w.-]+|https?:\S+/g
const longestSentence = 200
/** Deeper than any answer; each level costs time. */
const maxDepth = 4

/**
 * Whether a server with the interface of Slack's incoming webhooks accepted the message `sent`. Slack answers `ok`; Mattermost,
 * Rocket.Chat, Discord, Zulip, Google Chat and Teams relays answer differently or with nothing. A maintenance page and an error in a 200
 * are no success: unknown text counts as a failure, and so does any part of an answer that mentions one.
 */
export function isAccepted({ status, text }: Pick<JsonAnswer, 'status' | 'text'>, sent = ''): boolean {
  if (status < 200 || status >= 300) return false
  // some servers put )]}' before JSON so that no web page can load it as a script
  const body = text
    .replace(/^\uFEFF/, '')
    .trim()
    .replace(/^\)\]\}',?\s*/, '')
  if (body === '') return true
  const value = parseJson(body)
  if (value === undefined) return verdictOfText(body) === true
  const { byKey, bySentence } = verdictOf(value, sent, 0)
  // an answer without a verdict is the posted message of Google Chat or Discord
  return byKey ?? bySentence ?? typeof value !== 'string'
}

/** `ok`, `1` of Teams' connectors, `Message accepted`; never HTML, and never a sentence that speaks of an error. */
function verdictOfText(text: string): boolean | undefined {
  if (/<[a-z!?/]/i.test(text)) return false
  if (text.length > longestSentence) return undefined
  // invalid_payload and invalidPayload have words too
  const words = text
    .replaceAll(names, '')
    .replaceAll(/([a-z])(?=[A-Z])/g, '$1 ')
    .replaceAll('_', ' ')
  if (negative.test(words.replaceAll(noProblem, ''))) return false
  return text === '1' || affirmative.test(words) ? true : undefined
}

function verdictOf(value: unknown, sent: string, depth: number): Verdict {
  if (Array.isArray(value)) return allOf(depth < maxDepth ? value.map((one) => verdictOf(one, sent, depth + 1)) : [])
  if (typeof value === 'object' && value !== null) {
    const parts = depth < maxDepth ? Object.entries(value) : []
    return allOf(parts.map(([key, part]) => verdictOfPart(key, part, sent, depth)))
  }
  if (typeof value === 'string') return { byKey: verdictOfText(value.trim()), bySentence: undefined }
  if (typeof value === 'number') return { byKey: value === 1 || isSuccessCode(value), bySentence: undefined }
  return { byKey: value === true, bySentence: undefined }
}

function verdictOfPart(key: string, value: unknown, sent: string, depth: number): Verdict {
  const byKey = (verdict: boolean | undefined): Verdict => ({ byKey: verdict, bySentence: undefined })
  const isNested = typeof value === 'object' && value !== null
  switch (
    kinds.get(
      key
        .replace(/^is(?=[A-Z_])/, '')
        .replaceAll(/[_-]/g, '')
        .toLowerCase(),
    )
  ) {
    case 'yes or no':
      if (isNested || value === null) return byKey(undefined)
      return byKey(typeof value === 'number' ? value > 0 : yesOrNo(value))
    case 'problem':
      return byKey(isProblem(value, sent, depth) ? false : undefined)
    case 'result':
      if (isNested) return verdictOf(value, sent, depth + 1)
      return byKey(typeof value === 'number' ? value === 1 || isSuccessCode(value) : yesOrNo(value))
    case 'code':
      if (typeof value === 'number') return byKey(isSuccessCode(value))
      return byKey(typeof value === 'string' ? (codeInText(value) ?? verdictOfText(value)) : undefined)
    case 'sentence':
      if (isNested) return verdictOf(value, sent, depth + 1)
      return {
        byKey: undefined,
        bySentence: typeof value === 'string' && !isEcho(value, sent) ? verdictOfText(value) : undefined,
      }
    case 'wrapper':
      return isNested ? verdictOf(value, sent, depth + 1) : { byKey: undefined, bySentence: undefined }
    default:
      return { byKey: undefined, bySentence: undefined }
  }
}

/** A single negative verdict decides. */
function allOf(verdicts: readonly Verdict[]): Verdict {
  const all = (some: readonly (boolean | undefined)[]): boolean | undefined =>
    some.includes(false) ? false : some.includes(true) ? true : undefined
  return { byKey: all(verdicts.map(({ byKey }) => byKey)), bySentence: all(verdicts.map(({ bySentence }) => bySentence)) }
}

function yesOrNo(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  const word = value.trim()
  if (/^yes$/i.test(word)) return true
  return word === '0' ? false : (codeInText(word) ?? verdictOfText(word))
}

/** `"500"` and `"00000"`; undefined for what is no number, and for `"1"`. */
function codeInText(text: string): boolean | undefined {
  return /^\d+$/.test(text) && text !== '1' ? isSuccessCode(Number(text)) : undefined
}

function isSuccessCode(code: number): boolean {
  return code === 0 || (code >= 200 && code < 300)
}

/** Anything but nothing: `null`, `false`, `0`, `""`, `"none"`, `[]`, `{}` and `{ "code": 0 }` are no problem. */
function isProblem(value: unknown, sent: string, depth: number): boolean {
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value).length > 0 && verdictOf(value, sent, depth + 1).byKey !== true
  }
  if (typeof value === 'string') return !/^(?:0*|none|null|no|false|ok|success)$/i.test(value.trim())
  return value !== null && value !== false && value !== 0
}

/** Whether an answer repeats the message, as servers such as ntfy do. */
function isEcho(sentence: string, sent: string): boolean {
  return sentence !== '' && sent.includes(JSON.stringify(sentence).slice(1, -1))
}

function keys<Kind extends string>(kind: Kind, names: string): [string, Kind][] {
  return names.split(' ').map((name) => [name, kind])
}
