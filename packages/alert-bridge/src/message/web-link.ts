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
