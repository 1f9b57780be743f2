/** A program that can be killed and started again with what it has on disk; disposing ends it. */
export interface Killable extends AsyncDisposable {
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  /** Resolves when it is ready. */
  readonly start: () => Promise<void>
}
