/** The body of an answer has more bytes than its reader accepts. */
export class BodyTooLargeError extends RangeError {
  override readonly name = 'BodyTooLargeError'

  constructor(maxBytes: number) {
    super(`the answer has more than ${maxBytes / mib} MiB`)
  }
}

const mib = 1024 * 1024

/**
 * Reads the whole body of an answer as text. Rejects with BodyTooLargeError as soon as there are more than `maxBytes`, and closes the
 * connection, because any program may have answered, and may send without end.
 *
 * @param maxBytes default 8 MiB; more is no answer of a program that Swarmwatch asks
 */
export async function readBody({ body }: Pick<Response, 'body'>, maxBytes: number = 8 * mib): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // leaving the loop cancels the body
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLargeError(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
