import { availableParallelism } from 'node:os'

import { metrics, type BatchObservableCallback } from '@opentelemetry/api'

/**
 * `process.cpu.time`, `process.cpu.utilization` and `process.memory.usage` of the semantic conventions, through the meter provider that is
 * registered now. By hand, because `@opentelemetry/instrumentation-host-metrics` loads a megabyte for the rest of the machine.
 */
export function observeProcess(): { disable(): void } {
  const meter = metrics.getMeter('@swarmwatch/node')
  const time = meter.createObservableCounter('process.cpu.time', {
    description: 'CPU seconds of this process',
    unit: 's',
  })
  const utilization = meter.createObservableGauge('process.cpu.utilization', {
    description: 'CPU seconds since the last collection, over elapsed seconds and CPUs, 0-1',
  })
  const memory = meter.createObservableGauge('process.memory.usage', { description: 'Resident memory in bytes' })

  let last = { at: performance.now(), ...process.cpuUsage() }
  const observe: BatchObservableCallback = (result) => {
    const now = { at: performance.now(), ...process.cpuUsage() }
    const elapsedMicroseconds = (now.at - last.at) * 1_000 * availableParallelism()
    for (const mode of ['user', 'system'] as const) {
      const attributes = { 'cpu.mode': mode }
      result.observe(time, now[mode] / 1e6, attributes)
      if (elapsedMicroseconds > 0) result.observe(utilization, (now[mode] - last[mode]) / elapsedMicroseconds, attributes)
    }
    result.observe(memory, process.memoryUsage.rss())
    last = now
  }
  const observed = [time, utilization, memory]
  meter.addBatchObservableCallback(observe, observed)
  return { disable: () => meter.removeBatchObservableCallback(observe, observed) }
}
