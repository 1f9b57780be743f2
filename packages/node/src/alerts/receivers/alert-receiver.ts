import type { ActiveAlert } from '../active-alert.ts'

/** What people must be told of one alert. */
export interface AlertChange {
  readonly status: 'firing' | 'resolved'
  readonly alert: ActiveAlert
}

/** What is so after an evaluation. */
export interface AlertRound {
  readonly nowMs: number
  /** Until the next one. */
  readonly intervalSeconds: number
  /** Every alert that people have been told of and that is not over. */
  readonly firing: readonly ActiveAlert[]
  /** Since the last round; each change comes once. */
  readonly changes: readonly AlertChange[]
}

/** Where alerts go. */
export interface AlertReceiver {
  /** As messages name it: `Alertmanager at http://127.0.0.1:9093`. */
  readonly name: string
  /** Called after every evaluation, one call at a time. A rejection means that something is still to be sent; it is, in the next round. */
  update(round: AlertRound): Promise<void>
  close(): Promise<void>
}
