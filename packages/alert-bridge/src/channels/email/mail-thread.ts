/** The first mail of an incident: what later ones answer. */
export interface MailThread {
  /** Its Message-ID, with angle brackets. */
  readonly root: string
  /** Its subject; some programs (Gmail) put together only what has the same one. */
  readonly subject: string
}

/** The thread as an earlier delivery gave it back, or undefined for anything else. */
export function mailThread(stored: unknown): MailThread | undefined {
  const { root, subject } = (stored ?? {}) as Partial<MailThread>
  return typeof root === 'string' && typeof subject === 'string' && /^<[^\s<>]+>$/.test(root) ? { root, subject } : undefined
}
