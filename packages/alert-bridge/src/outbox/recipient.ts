/** A recipient of one channel. */
export interface Recipient {
  readonly channel: string
  readonly recipient: string
}
