/** Line ends of every kind, also the Unicode ones. */
const lineEnds = /\r\n?|[\u0085\u2028\u2029]/g
/** Invisible characters that change the visible text: controls except tab and line feed, marks of text direction, tags. */
// eslint-disable-next-line no-control-regex
const unseen = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu

/** Makes external text safe to show: at most `max` code points, with its lines, without invisible or half characters. */
export function cleanText(text: string, max: number): string {
  // a removed character leaves room for a later one, within limits: 100 kB are not searched for 200 characters
  const start = text.slice(0, max * 4)
  const clean = start.toWellFormed().replace(lineEnds, '\n').replace(unseen, '').trim()
  return cutText(start.length < text.length ? `${clean}...` : clean, max)
}

/** The same as one line. */
export function cleanLine(text: string, max: number): string {
  return cutText(cleanText(text, max).replaceAll(/\s+/g, ' '), max)
}

/** The same as {@link cleanLine} for a name: what is too long loses its middle, because long names differ at their ends. */
export function cleanName(text: string, max: number): string {
  const characters = Array.from(cleanLine(text, max * 20))
  if (characters.length <= max) return characters.join('')
  const end = Math.floor((max - 3) / 2)
  return `${characters.slice(0, max - 3 - end).join('')}...${characters.slice(-end).join('')}`
}

/** At most `max` code points; what was cut ends in three dots. */
export function cutText(text: string, max: number): string {
  const characters = Array.from(text.slice(0, max * 2 + 2))
  return characters.length <= max ? text : `${characters.slice(0, Math.max(0, max - 3)).join('')}...`
}

const longest = 2_000

/**
 * The address in a form that is safe in a mail, in HTML and between Slack's `<` and `|`; undefined for whatever is not plain
 * http or https (`javascript:`, a login before the host, something endless), and for an address that no one outside can reach.
 */
export function webLink(text: string): string | undefined {
  if (text.length > longest || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  // The id of a container, or what the production stack sets for a service without a public address
  if (/^[0-9a-f]{12}$|\.invalid\.?$/.test(url.hostname)) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  const safe = url.href.replaceAll(/[|<>"'`\\^{}\s]/g, (character) => encodeURIComponent(character).replace("'", '%27'))
  return safe.length > longest ? undefined : safe
}
