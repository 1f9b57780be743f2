/** Writes one character so that a service shows it as it is. `before` is the character before it, undefined at the beginning. */
export type Escape = (character: string, before: string | undefined) => string

/** The size of a piece of text as a service counts it. */
export type Measure = (piece: string) => number

/** Options for {@link escapedText}. */
export interface EscapedTextOptions {
  /** @default the text as it is */
  readonly escape?: Escape
  /** @default UTF-16 code units, which are never fewer than characters */
  readonly measure?: Measure
}

/**
 * Escapes text, at most `max` long after escaping, cut between characters and never inside an escape sequence. What was cut ends in
 * three dots.
 */
export function escapedText(
  text: string,
  max: number,
  { escape = (character) => character, measure = (piece) => piece.length }: EscapedTextOptions = {},
): string {
  const pieces: string[] = []
  let size = 0
  // where to end if it does not fit: three dots need their room
  let endsAt = 0
  let before: string | undefined
  for (const character of text) {
    const piece = escape(character, before)
    before = character
    size += measure(piece)
    if (size > max) return `${pieces.slice(0, endsAt).join('')}${'...'.slice(0, max)}`
    pieces.push(piece)
    if (size <= max - 3) endsAt = pieces.length
  }
  return pieces.join('')
}

/** As many of the lines as fit, in order, up to the first that does not fit. */
export function fittingLines(
  lines: readonly string[],
  max: number,
  {
    separator = '\n',
    measure = (piece: string) => piece.length,
  }: { readonly separator?: string; readonly measure?: Measure } = {},
): string {
  let text = ''
  for (const line of lines) {
    const longer = text === '' ? line : `${text}${separator}${line}`
    if (measure(longer) > max) break
    text = longer
  }
  return text
}
