/** Texts of others are cut to this length, in UTF-16 units. */
export const longest = { name: 80, word: 60, message: 300 } as const

// Control characters, invisible and direction marks, line separators, halves of surrogate pairs
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
// Letters under a pile of accents
const pile = /(\p{M}{3})\p{M}+/gu

/** A text of others as people may see it: cut, and with what is invisible or turns lines around spelled out as `[U+202E]`. */
export function shownText(text: string, most: number = longest.message): string {
  // Cut first: patterns over a megabyte would hold the agents up
  const spelled = text
    .slice(0, most)
    .replace(unseen, (character) =>
      /[\t\n\r]/.test(character) ? ' ' : `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(pile, '$1')
  const isCut = text.length > most || spelled.length > 2 * most
  return isCut ? `${spelled.slice(0, 2 * most)}...` : spelled
}
