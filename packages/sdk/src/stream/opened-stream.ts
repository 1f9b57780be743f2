/** A result that is, or holds, a stream, once its first chunk is there. */
export interface OpenedStream {
  /** What the caller gets in its place. */
  readonly value: unknown
  /** Breaks it off, if nobody will read it any more. */
  close(): unknown
}
