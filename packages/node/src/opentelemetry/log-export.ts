/** The classes that export log records. */
export interface LogExport {
  readonly LoggerProvider: typeof import('@opentelemetry/sdk-logs').LoggerProvider
  readonly BatchLogRecordProcessor: typeof import('@opentelemetry/sdk-logs').BatchLogRecordProcessor
  readonly OTLPLogExporter: typeof import('@opentelemetry/exporter-logs-otlp-proto').OTLPLogExporter
}

/** Loads the classes that export log records, which only a process with OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN needs. */
export async function loadLogExport(): Promise<LogExport> {
  const [{ LoggerProvider, BatchLogRecordProcessor }, { OTLPLogExporter }] = await Promise.all([
    import('@opentelemetry/sdk-logs'),
    import('@opentelemetry/exporter-logs-otlp-proto'),
  ])
  return { LoggerProvider, BatchLogRecordProcessor, OTLPLogExporter }
}
