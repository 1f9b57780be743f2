/** More is no answer of a program that Swarmwatch asks. */
const maxBytes = 8 * 1024 * 1024

/** Reads the body of an answer as text. Rejects, and closes the connection, if there are more than 8 MiB: any program may have answered. */
export async function readAnswer({ body }: Pick<Response, 'body'>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // leaving the loop cancels the body
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new RangeError('the answer has more than 8 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
