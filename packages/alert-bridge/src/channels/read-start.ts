/** The first `most` bytes of an answer as text; the rest is not waited for. */
export async function readStart(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= most) break
  }
  return Buffer.concat(chunks).subarray(0, most).toString('utf8')
}
