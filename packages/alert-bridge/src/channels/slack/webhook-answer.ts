import type { SlackAnswer } from './slack-request.ts'

/** Keys that servers answer with in place of Slack's `ok`. */
const affirmativeKeys = ['ok', 'success', 'succeeded', 'delivered', 'accepted']
/** Keys that hold a problem wherever they hold anything. */
const problemKeys = ['error', 'errors', 'err', 'error_code', 'errorCode', 'exception', 'fault']
/** Keys that hold a word about the result. */
const resultKeys = ['status', 'result', 'state', 'outcome']
/** Keys that hold a number, where 0 and 2xx mean success (DingTalk, WeCom, Lark, Power Automate). */
const codeKeys = ['errcode', 'code', 'StatusCode', 'statusCode', 'status_code', 'status', 'retcode']
/** Keys that hold a sentence. */
const sentenceKeys = ['message', 'msg', 'errmsg', 'detail', 'details', 'description', 'reason', 'title']

const negative =
  /\b(error|errors|fail(ed|s|ure)?|invalid|denied|forbidden|unauthori[sz]ed|not found|not allowed|refused|rejected|expired|exceeded|too many|unavailable|maintenance|timed? ?out|cannot|could ?n.t|can.t|unable|unknown|missing|disabled|blocked|throttled|limit|no_\w+)\b/i
const affirmative =
  /\b(ok|okay|success|successful|successfully|succeeded|accepted|sent|delivered|received|created|posted|queued|done|true|thanks|thank you)\b/i
const longestSentence = 200

/**
 * Whether a server that speaks Slack's incoming webhook took the message. Slack says `ok`; Mattermost, Rocket.Chat, Discord, Zulip,
 * Google Chat and Teams relays say it otherwise, or say nothing. A maintenance page and an error in a 200 are no success: what is not
 * understood counts as a failure.
 */
export function isAccepted({ status, text }: Pick<SlackAnswer, 'status' | 'text'>): boolean {
  if (status < 200 || status >= 300) return false
  const body = text.replace(/^\uFEFF/, '').trim()
  if (body === '') return true
  const value = parsed(body)
  return value === undefined ? isAffirmativeText(body) : isAffirmativeJson(value)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** `ok`, `1` of Teams' connectors, `Message accepted`; never HTML, and never a sentence that speaks of an error. */
function isAffirmativeText(text: string): boolean {
  if (text.startsWith('<') || text.length > longestSentence) return false
  return text === '1' || (affirmative.test(text) && !negative.test(text))
}

function isAffirmativeJson(value: unknown): boolean {
  if (typeof value === 'string') return isAffirmativeText(value.trim())
  if (typeof value === 'number') return value === 1 || isSuccessCode(value)
  if (Array.isArray(value)) return value.every(isAffirmativeJson)
  if (typeof value !== 'object' || value === null) return value === true
  return isAffirmativeObject(value as Readonly<Record<string, unknown>>)
}

function isAffirmativeObject(answer: Readonly<Record<string, unknown>>): boolean {
  const has = (keys: readonly string[], test: (value: unknown) => boolean): boolean =>
    keys.some((key) => Object.hasOwn(answer, key) && test(answer[key]))
  if (has(affirmativeKeys, isNo) || has(problemKeys, isProblem)) return false
  if (has(codeKeys, (code) => typeof code === 'number' && !isSuccessCode(code))) return false
  if (has(resultKeys, (word) => typeof word === 'string' && negative.test(word))) return false
  if (has(affirmativeKeys, isYes) || has(resultKeys, (word) => typeof word === 'string' && affirmative.test(word))) return true
  // an answer without a verdict, such as the posted message of Google Chat or Discord
  return !has(sentenceKeys, (sentence) => typeof sentence === 'string' && negative.test(sentence))
}

function isSuccessCode(code: number): boolean {
  return code === 0 || (code >= 200 && code < 300)
}

function isNo(value: unknown): boolean {
  return value === false || value === 0 || (typeof value === 'string' && /^(false|no|0)$/i.test(value.trim()))
}

function isYes(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^(true|yes|1|ok)$/i.test(value.trim()))
}

/** Anything but nothing: `null`, `false`, `0`, `""`, `[]` and `{}` are no problem. */
function isProblem(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== null && value !== false && value !== 0 && value !== '' && value !== '0'
}
