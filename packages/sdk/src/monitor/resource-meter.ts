import { totalmem } from 'node:os'

/** Use of resources, each 0-1; CPU is 1 when one core is busy. */
export interface ResourceUse {
  readonly cpu: number
  readonly memory: number
}

/** Figures of the operating system for this process. */
export interface ResourceReading {
  /** Since the process began. */
  readonly uptimeSeconds: number
  readonly cpuSeconds: number
  readonly residentBytes: number
  /** The container's limit or the machine's memory, whichever is smaller. */
  readonly limitBytes: number
}

function readProcess(): ResourceReading {
  const { user, system } = process.cpuUsage()
  // Outside a limited container it is 0, undefined or larger than the machine
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return {
    uptimeSeconds: process.uptime(),
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    limitBytes: Math.min(constrained, totalmem()),
  }
}

/**
 * Returns the CPU use since a reading at least a second ago, so that two concurrent readers do not leave each other an empty interval
 * (0 in the first second, because startup is not load), and the current memory use.
 */
export class ResourceMeter {
  readonly #read: () => ResourceReading
  #previous: ResourceReading
  #last: ResourceReading

  constructor(read: () => ResourceReading = readProcess) {
    this.#read = read
    this.#previous = this.#last = read()
  }

  use(): ResourceUse {
    const now = this.#read()
    if (now.uptimeSeconds - this.#last.uptimeSeconds >= 1) {
      this.#previous = this.#last
      this.#last = now
    }
    const elapsed = this.#last.uptimeSeconds - this.#previous.uptimeSeconds
    const cpu = elapsed > 0 ? (this.#last.cpuSeconds - this.#previous.cpuSeconds) / elapsed : 0
    return { cpu: Math.max(0, cpu), memory: now.residentBytes / now.limitBytes }
  }
}
