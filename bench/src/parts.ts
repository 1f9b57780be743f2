import { boards } from './boards/boards-part.ts'
import { bridge } from './bridge/bridge-part.ts'
import { concurrency } from './concurrency/concurrency-part.ts'
import { eventLoop } from './event-loop/event-loop-part.ts'
import { growth } from './growth/growth-part.ts'
import { heap } from './heap/heap-part.ts'
import { importing } from './import/import-part.ts'
import { isolation } from './isolation/isolation-part.ts'
import type { Part } from './part.ts'
import { receivers } from './receivers/receivers-part.ts'
import { stack } from './stack/stack-part.ts'
import { statusPage } from './status-page/status-page-part.ts'
import { calls } from './wrapped-call/calls-part.ts'

/** Everything that is measured, in the order of the page. */
export const parts: readonly Part[] = [
  calls,
  concurrency,
  growth,
  importing,
  heap,
  eventLoop,
  statusPage,
  isolation,
  bridge,
  receivers,
  boards,
  stack,
]
