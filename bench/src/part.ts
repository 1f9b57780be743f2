import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** How a part is measured. */
export interface Run {
  /** Less than a minute in place of half an hour; the peers are left out. */
  readonly isShort: boolean
  /** Why what is compared with is not there; undefined where it is. */
  readonly noPeers: string | undefined
}

/** One thing that is measured, from the measuring to its part of docs/benchmarks.md. */
export interface Part<Result = unknown> {
  /** The name on the command line. */
  readonly name: string
  /** Whether packages of `bench/peers` take part. @default false */
  readonly hasPeers?: boolean
  /** Why it cannot be measured here or now; undefined where it can. */
  cannotRun?(run: Run): Promise<string | undefined>
  measure(run: Run): Promise<Result>
  /** Markdown that begins with a heading of the second level. */
  section(result: Result): string
  /** Ratios of one run, which a short run holds against their goals. */
  ratios?(result: Result): readonly Ratio[]
}

/** Something divided by its equal of the same run. A time is never a ratio. */
export interface Ratio {
  readonly what: string
  readonly value: number
  readonly goal: { readonly atMost: number } | { readonly atLeast: number }
}

/** How far a ratio may miss its goal on a machine that does other things as well. */
export const farOffFactor = 2

/** Whether a ratio misses its goal by more than {@link farOffFactor}; what is no number misses every goal. */
export function isFarOff({ value, goal }: Ratio): boolean {
  return !('atMost' in goal ? value <= goal.atMost * farOffFactor : value >= goal.atLeast / farOffFactor)
}

/** Why containers cannot run; undefined where they can. */
export function whyNoDocker(): Promise<string | undefined> {
  return promisify(execFile)('docker', ['info']).then(
    () => undefined,
    () => 'Docker is not running',
  )
}
