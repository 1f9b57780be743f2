import { hash } from 'node:crypto'

/** Longer texts get a number from {@link LongTexts}. */
export const longestShortText = 256

/** Characters that are kept in full: ten texts of 100,000, or twenty of 50,000. */
const maxKeptCharacters = 1_000_000
/** Texts that are known at a time; the oldest one is forgotten first. */
const maxTexts = 1_000

interface KnownText {
  readonly number: number
  readonly outline: number
  /** Undefined once it is known by its digest only. */
  text: string | undefined
  digest: string | undefined
}

/**
 * Numbers of long texts: equal texts have the same one. A text of 50,000 characters costs less than 1 us, where a hash takes 25 us: it is
 * kept by reference, and compared only with texts of the same length and the same sample. From a million characters on, the oldest texts
 * are replaced by their SHA-256, so that memory is bounded and equal texts are still found.
 */
export class LongTexts {
  readonly #known = new Map<number, KnownText[]>()
  /** All of {@link #known}, oldest first; those before the index are known by their digests. */
  readonly #inOrder: KnownText[] = []
  #keptFrom = 0
  #keptCharacters = 0
  #last = 0

  numberOf(text: string): number {
    const outline = outlineOf(text)
    const similar = this.#known.get(outline)
    const found = similar && find(similar, text)
    if (found) return found.number
    const added = { number: (this.#last += 1), outline, text, digest: undefined }
    if (similar) similar.push(added)
    else this.#known.set(outline, [added])
    this.#inOrder.push(added)
    this.#keptCharacters += text.length
    while (this.#keptCharacters > maxKeptCharacters) this.#replaceOldest()
    if (this.#inOrder.length > maxTexts) this.#forgetOldest()
    return added.number
  }

  clear(): void {
    this.#known.clear()
    this.#inOrder.length = 0
    this.#keptFrom = 0
    this.#keptCharacters = 0
  }

  #replaceOldest(): void {
    const oldest = this.#inOrder[this.#keptFrom]!
    this.#keptFrom += 1
    this.#keptCharacters -= oldest.text!.length
    oldest.digest = digestOf(oldest.text!)
    oldest.text = undefined
  }

  #forgetOldest(): void {
    const oldest = this.#inOrder.shift()!
    if (oldest.text === undefined) this.#keptFrom -= 1
    else this.#keptCharacters -= oldest.text.length
    const similar = this.#known.get(oldest.outline)!
    if (similar.length === 1) this.#known.delete(oldest.outline)
    else similar.splice(similar.indexOf(oldest), 1)
  }
}

/** The newest first, because a loop repeats it. */
function find(similar: readonly KnownText[], text: string): KnownText | undefined {
  let digest: string | undefined
  return similar.findLast((known) =>
    known.text === undefined ? known.digest === (digest ??= digestOf(text)) : known.text === text,
  )
}

const digestOf = (text: string): string => hash('sha256', text, 'base64')

const ends = 32

/** A number from the length of a text, its first and last characters, and 32 in between. */
function outlineOf(text: string): number {
  const { length } = text
  let outline = length
  const add = (at: number): void => {
    outline = Math.imul(outline ^ text.charCodeAt(at), 0x9e37_79b1)
  }
  for (let at = 0; at < ends; at += 1) {
    add(at)
    add(Math.floor((length * at) / ends))
    add(length - 1 - at)
  }
  return outline
}
