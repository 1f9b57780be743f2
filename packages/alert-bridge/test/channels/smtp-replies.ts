/** The error that makes the server answer with this code. */
export function reply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode })
}

/** The header lines' names, in order. */
export function headerNames(raw: string): string[] {
  const head = raw.split('\r\n\r\n', 1)[0]!.replaceAll(/\r\n[ \t]+/g, ' ')
  return head.split('\r\n').map((line) => line.slice(0, line.indexOf(':')))
}
