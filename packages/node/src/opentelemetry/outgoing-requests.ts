import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'

/**
 * Spans for outgoing `fetch` requests and their `traceparent` header, inside a run only. An address can hold an agent's arguments
 * or a key, so the span keeps scheme, host and port, with `withPaths` the path too, and never the query.
 */
export function outgoingRequests(withPaths: boolean): UndiciInstrumentation {
  return new UndiciInstrumentation({
    requireParentforSpans: true,
    startSpanHook: ({ origin, path }) => {
      const url = URL.parse(path, origin)
      if (url === null) return { 'url.full': undefined, 'url.path': undefined, 'url.query': undefined }
      return {
        'url.full': withPaths ? `${url.origin}${url.pathname}` : url.origin,
        'url.path': withPaths ? url.pathname : undefined,
        'url.query': undefined,
      }
    },
  })
}
