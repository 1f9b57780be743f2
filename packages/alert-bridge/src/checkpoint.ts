/** Moments at which a crash must do no harm. */
export type Checkpoint = 'after-commit' | 'before-send' | 'after-send' | 'while-marking'

/** Lets a test end the process at exactly such a moment. */
export interface Checkpoints {
  readonly reached: (checkpoint: Checkpoint) => void
}

export const noCheckpoints: Checkpoints = { reached: () => {} }
