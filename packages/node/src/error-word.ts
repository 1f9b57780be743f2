import { errorType } from '@swarmwatch/sdk'

/** The kind of an error in one word, never its message, which may hold an address with a token. */
export function errorWord(error: unknown): string {
  const word = errorType(error)
  return word === '_OTHER' ? 'Error' : word
}
