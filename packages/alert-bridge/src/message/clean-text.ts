/** Line ends of every kind, also the Unicode ones. */
const lineEnds = /\r\n?|[\u0085\u2028\u2029]/g
/** What does not show but changes what shows: controls but tab and line feed, marks that turn the direction of text, tags. */
// eslint-disable-next-line no-control-regex
const unseen = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu

/** Text from outside made fit to show: at most `most` code points, lines kept, nothing invisible, no half characters. */
export function cleanText(text: string, most: number): string {
  // a removed character is room for a later one, up to a point: 100 kB are not searched for 200 characters
  const start = text.slice(0, most * 4)
  const clean = start.toWellFormed().replace(lineEnds, '\n').replace(unseen, '').trim()
  return cutText(start.length < text.length ? `${clean}...` : clean, most)
}

/** The same as one line. */
export function cleanLine(text: string, most: number): string {
  return cutText(cleanText(text, most).replaceAll(/\s+/g, ' '), most)
}

/** The same as {@link cleanLine} for a name: what is too long loses its middle, because long names differ at their ends. */
export function cleanName(text: string, most: number): string {
  const characters = Array.from(cleanLine(text, most * 20))
  if (characters.length <= most) return characters.join('')
  const end = Math.floor((most - 3) / 2)
  return `${characters.slice(0, most - 3 - end).join('')}...${characters.slice(-end).join('')}`
}

/** At most `most` code points; what was cut ends in three dots. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = Array.from(text.slice(0, most * 2 + 2))
  return characters.length <= most ? text : `${characters.slice(0, Math.max(0, most - 3)).join('')}...`
}

const longest = 2_000

/**
 * The address in a form that is safe in a mail, in HTML and between Slack's `<` and `|`; undefined for whatever is not plain
 * http or https (`javascript:`, a log-in before the host, something endless), and for an address that no one outside can reach.
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
