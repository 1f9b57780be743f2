import { createHash } from 'node:crypto'

/** A delivery's id as it may stand in a header: itself where it is plain, else its hash; the same for the same id. */
export function wireId(deliveryId: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(deliveryId)
    ? deliveryId
    : createHash('sha256').update(deliveryId).digest('hex').slice(0, 40)
}
