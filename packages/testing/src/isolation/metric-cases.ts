import { metrics, type MeterProvider } from '@opentelemetry/api'

import type { CaseTools, Hostility, HostileCase } from './isolation-case.ts'
import { boom, throwing } from './failures.ts'

const provider = (getMeter: () => unknown): Hostility => ({
  register() {
    metrics.disable()
    metrics.setGlobalMeterProvider({ getMeter } as MeterProvider)
  },
})
/** The real meter, whose methods do what `call` makes of them. */
const meter = (call: (make: () => object | undefined) => unknown): Hostility => ({
  register() {
    const real = metrics.getMeterProvider()
    const getMeter = (...scope: Parameters<MeterProvider['getMeter']>): object =>
      new Proxy(real.getMeter(...scope), {
        get: (made, key) => {
          const method = Reflect.get(made, key) as (...args: unknown[]) => object | undefined
          return (...args: unknown[]) => call(() => Reflect.apply(method, made, args))
        },
      })
    metrics.disable()
    metrics.setGlobalMeterProvider({ getMeter } as MeterProvider)
  },
})
/** Every recording goes through the processors of a view. */
const view = (process: () => unknown): Hostility => ({
  parts: { views: [{ instrumentName: '*', attributesProcessors: [{ process }] }] },
})
const nothing = (): void => {}

const prepared: Readonly<Record<string, (tools: CaseTools) => Hostility>> = {
  'a meter provider throws': () => provider(boom),
  'a meter provider has no meter': () => provider(nothing),
  'a meter cannot make instruments': () => meter(boom),
  'a meter makes nothing': () => meter(nothing),
  ...Object.fromEntries(
    Object.entries(throwing).map(([how, onThrow]) => [
      `an instrument ${how}`,
      () => meter((make) => make() && { ...make(), add: onThrow, record: onThrow, addCallback: onThrow }),
    ]),
  ),
  'a view throws at each recording': () => view(boom),
  'a view calls the agent at each recording': ({ callAgain }) =>
    view(() => {
      callAgain()
      return {}
    }),
  'a metric reader cannot choose an aggregation': ({ sdk }) => ({ parts: { metricReaders: [undecided(sdk)] } }),
}

function undecided(sdk: CaseTools['sdk']): object {
  class Undecided extends sdk.MetricReader {
    constructor() {
      super({ aggregationSelector: boom })
    }
    protected override async onForceFlush(): Promise<void> {}
    protected override async onShutdown(): Promise<void> {}
  }
  return new Undecided()
}

/** Metrics that misbehave: providers, meters, instruments, views, readers. */
export const metricCases: readonly HostileCase[] = Object.entries(prepared).map(([name, prepare]) => ({
  name,
  surface: 'metric',
  prepare,
}))
