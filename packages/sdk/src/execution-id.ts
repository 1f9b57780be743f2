import { randomBytes } from 'node:crypto'

// 64 random bits tell processes, threads and copies of this package apart; drawing them for every run costs more than all its bookkeeping
const prefix = `${randomBytes(8).toString('hex')}-`
let started = 0

/** An id that no other run anywhere has, such as `5f0c3a9e1b2d4c68-2s`; the last part counts the runs of this process. */
export function newExecutionId(): string {
  started += 1
  return prefix + started.toString(36)
}
