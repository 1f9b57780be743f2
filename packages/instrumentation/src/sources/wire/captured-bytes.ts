/** Bytes of a body that are kept for its content; a longer body is not recorded. */
const maxBytes = 1024 * 1024

/** The bytes of a body, kept only while content is recorded. */
export class CapturedBytes {
  #chunks: Buffer[] = []
  #length = 0

  add(chunk: Buffer): void {
    this.#length += chunk.length
    // A copy, because a small chunk may keep a large one alive
    if (this.#length <= maxBytes) this.#chunks.push(Buffer.from(chunk))
    else this.#chunks = []
  }

  /** Returns the text; empty if there were too many bytes. */
  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
