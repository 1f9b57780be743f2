/** A mailbox: an address, with a name or without. */
export interface Mailbox {
  /** Empty where the text has none. */
  readonly name: string
  readonly address: string
}

// one of: a quoted text with escapes, a comment, an address in angle brackets, any other character
const token = /"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<[^<>]*>|[^]/g
// the part before the @ may be quoted; outside of quotes an address has no blank, bracket or comma, and no empty part between dots:
// one that the mail library of Go cannot read would keep Alertmanager from sending any mail
const addressPattern =
  /^(?:"(?:[^"\\\r\n]|\\.)+"|[^\s@<>(),;:\\"[\].]+(?:\.[^\s@<>(),;:\\"[\].]+)*)@[^\s@<>(),;\\".]+(?:\.[^\s@<>(),;\\".]+)*$/

/**
 * Splits a list of mail addresses at its commas, but not at those within quotes, comments and angle brackets:
 * `"Doe, Jane" <jane@example.com>, ops@example.com` has two.
 */
export function splitMailAddresses(text: string): string[] {
  const parts = ['']
  for (const [part] of text.matchAll(token)) {
    if (part === ',') parts.push('')
    else parts.push(`${parts.pop()}${part}`)
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** Reads `ops@example.com`, `Ops <ops@example.com>` or `"Doe, Jane" <jane@example.com>`; undefined for anything else. */
export function readMailbox(text: string): Mailbox | undefined {
  if (/[\r\n\0]/.test(text)) return undefined
  const tokens = Array.from(text.trim().matchAll(token), ([part]) => part)
  const last = tokens.at(-1)
  if (!last?.startsWith('<')) return addressPattern.test(text.trim()) ? { name: '', address: text.trim() } : undefined
  const address = last.slice(1, -1).trim()
  const words = tokens.slice(0, -1)
  // what stays by itself is a quote or a bracket without its other half, a second address, or two addresses
  if (!addressPattern.test(address) || words.some((part) => /^["<>,]$|^</.test(part))) return undefined
  const name = words.map(unquoted).join('').replaceAll(/\s+/g, ' ').trim()
  return { name, address }
}

/** The mailbox in the one spelling that every mail program reads: its name in quotes. */
export function writeMailbox({ name, address }: Mailbox): string {
  return name === '' ? address : `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}" <${address}>`
}

function unquoted(part: string): string {
  if (part.startsWith('(') && part.length > 1) return ''
  return part.length > 1 && part.startsWith('"') ? part.slice(1, -1).replaceAll(/\\(.)/g, '$1') : part
}
