import { context, metrics, trace, type Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader, type MetricData } from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace'

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** One data point, flat: the metric's name, its labels, its value (a histogram's is its count and sum). */
export interface Point {
  readonly name: string
  readonly attributes: Attributes
  readonly value: unknown
}

/** The real OpenTelemetry SDK, registered globally, with everything kept in memory. */
export class InMemoryTelemetry {
  readonly exporter: InMemorySpanExporter = new InMemorySpanExporter()
  readonly #reader = new ManualReader()

  constructor(extraProcessors: SpanProcessor[] = []) {
    this.unregister()
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const spanProcessors = [...extraProcessors, new SimpleSpanProcessor({ exporter: this.exporter })]
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }))
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [this.#reader] }))
  }

  /** Finished spans, in the order in which they ended. */
  spans(): ReadableSpan[] {
    return this.exporter.getFinishedSpans()
  }

  /** The finished span of this name; the first one if there are several. */
  span(name: string): ReadableSpan {
    const found = this.spans().find((span) => span.name === name)
    if (!found)
      throw new Error(
        `no span ${name} among ${this.spans()
          .map((span) => span.name)
          .join(', ')}`,
      )
    return found
  }

  async metrics(): Promise<MetricData[]> {
    const { resourceMetrics } = await this.#reader.collect()
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
  }

  /** The points of one metric, or of all; of one agent, if a name is given. */
  async points(metricName?: string, agentName?: string): Promise<Point[]> {
    const all = (await this.metrics()).flatMap((metric) =>
      metric.dataPoints.map(({ attributes, value }) => ({ name: metric.descriptor.name, attributes, value })),
    )
    const mine = ({ attributes }: Point): boolean =>
      [attributes['agent.name'], attributes['gen_ai.agent.name']].includes(agentName)
    return all.filter(
      (point) => (metricName === undefined || point.name === metricName) && (agentName === undefined || mine(point)),
    )
  }

  unregister(): void {
    trace.disable()
    metrics.disable()
    context.disable()
  }
}

/** A logger that keeps its lines. */
export function keptLines(): { lines: string[]; logger: { warn(line: string): void; error(line: string): void } } {
  const lines: string[] = []
  const keep = (line: string): void => void lines.push(line)
  return { lines, logger: { warn: keep, error: keep } }
}
