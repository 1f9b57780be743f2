import { boards } from './boards/boards.ts'
import { bridge } from './bridge/bridge.ts'
import { bridgePostgres } from './bridge-postgres/bridge-postgres.ts'
import { calls } from './calls/calls.ts'
import { concurrency } from './concurrency/concurrency.ts'
import { eventLoop } from './event-loop/event-loop.ts'
import { experiment } from './experiment/experiment.ts'
import { growth } from './growth/growth.ts'
import { heap } from './heap/heap.ts'
import { importing } from './import/import.ts'
import { isolation } from './isolation/isolation.ts'
import { loop } from './loop/loop.ts'
import { modelCalls } from './model-calls/model-calls.ts'
import { once } from './once/once.ts'
import type { Part } from './part.ts'
import { receivers } from './receivers/receivers.ts'
import { stack } from './stack/stack.ts'
import { statusPage } from './status-page/status-page.ts'

/** Everything that is measured, in the order of the page. */
export const parts: readonly Part[] = [
  calls,
  modelCalls,
  once,
  loop,
  experiment,
  concurrency,
  growth,
  importing,
  heap,
  eventLoop,
  statusPage,
  isolation,
  bridge,
  bridgePostgres,
  receivers,
  boards,
  stack,
]
