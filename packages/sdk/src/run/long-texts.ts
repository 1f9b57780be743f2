import { hash } from 'node:crypto'

import { type KindOfValue, KnownValues, mixed, type SharedMemory } from './known-values.ts'

/** Longer texts get a number from {@link longTexts}. */
export const longestShortText = 256

/**
 * Remembers long texts. A text of 50,000 characters costs less than 1 us, where a hash takes 25 us: it is kept by reference, and its
 * outline is its length and a sample.
 */
export const longTexts = (memory: SharedMemory): KnownValues<string> => new KnownValues(longText, memory)

/** Characters of the sample at the start, at the end, and in between. */
const sampled = 32
/** Characters before and after a place, which often differ, too, such as digits of a number. */
const around = 8

const longText: KindOfValue<string> = {
  outlineOf(text) {
    const { length } = text
    let outline = length
    for (let at = 0; at < sampled; at += 1) {
      outline = mixed(outline, text.charCodeAt(at))
      outline = mixed(outline, text.charCodeAt(Math.floor((length * at) / sampled)))
      outline = mixed(outline, text.charCodeAt(length - 1 - at))
    }
    return outline
  },
  /** By halves: comparing two parts takes a fraction of the time of a loop over their characters. */
  firstDifference(one, other) {
    if (one === other) return -1
    let start = 0
    let end = Math.max(one.length, other.length)
    while (end - start > 1) {
      const middle = (start + end) >> 1
      if (one.slice(start, middle) === other.slice(start, middle)) start = middle
      else end = middle
    }
    return start
  },
  hashAt(text, place) {
    let result = 0
    const end = Math.min(text.length, place + around)
    for (let at = Math.max(0, place - around); at < end; at += 1) result = mixed(result, text.charCodeAt(at))
    return result
  },
  digestOf: (text) => hash('sha256', text, 'base64'),
  sizeOf: ({ length }) => length,
}
