import type { IsolationCase } from '@swarmwatch/testing'

/** A library that the suite is run against. */
export interface Library {
  /** The package, or what a row is called where there is none. */
  readonly name: string
  /** The OpenTelemetry SDK that is registered; undefined for a library that makes spans without it. */
  readonly openTelemetry: '2' | '3' | undefined
  /** The module of its adapter. */
  readonly adapter: URL
  /** The package.json that has its version. */
  readonly manifest: URL
  /** Cases that cannot reach it, and why. */
  readonly outOfReach?: { readonly cases: (one: IsolationCase) => boolean; readonly why: string }
  /** A remark about its row. */
  readonly remark?: string
}

/** The base of all others, without any library around it. */
export const handWritten = 'a span by hand'

const peers = new URL('../../peers/', import.meta.url)

/** The SDK, a span by hand, and the peers, each on the OpenTelemetry SDK that it is made for. */
export const libraries: readonly Library[] = [
  ours('3'),
  ours('2'),
  byHand('3', new URL('../../', import.meta.url)),
  byHand('2', peers),
  peer('@arizeai/openinference-core', new URL('adapters/openinference.ts', import.meta.url)),
  peer('@langfuse/tracing', new URL('adapters/langfuse.ts', import.meta.url)),
  peer('logfire', new URL('adapters/logfire.ts', import.meta.url)),
  peer('openlit', new URL('adapters/openlit.ts', import.meta.url)),
  {
    ...peer('@traceloop/node-server-sdk', new URL('adapters/traceloop.ts', import.meta.url)),
    outOfReach: {
      cases: ({ name }) => /^a (sampler|view|metric reader) /.test(name),
      why: 'it registers an SDK of its own, which takes a span processor but no sampler, view or metric reader',
    },
    remark:
      'it ends no span of a failed run, so it cannot fail on the thrown error; such a run is never visible. Its resource ' +
      'detectors are off: while they run, an exporter that throws leaves an unhandled error',
  },
  {
    ...peer('@sentry/node', new URL('adapters/sentry.ts', import.meta.url)),
    openTelemetry: undefined,
    outOfReach: {
      cases: ({ name, surface }) =>
        surface === 'metric' || surface === 'context' || (surface === 'span' && !/^a (span processor|sampler) /.test(name)),
      why:
        'it makes spans without OpenTelemetry; listeners of its client for the start and the end of a span act as span processors, ' +
        '`tracesSampler` for a sampler, `beforeSendSpan` for a redactor',
    },
  },
]

function ours(openTelemetry: '2' | '3'): Library {
  return {
    name: '@swarmwatch/sdk',
    openTelemetry,
    adapter: new URL('adapters/swarmwatch.ts', import.meta.url),
    manifest: new URL('../../../packages/sdk/package.json', import.meta.url),
  }
}

function byHand(openTelemetry: '2' | '3', folder: URL): Library {
  return {
    name: handWritten,
    openTelemetry,
    adapter: new URL('adapters/by-hand.ts', import.meta.url),
    manifest: new URL('node_modules/@opentelemetry/sdk-trace/package.json', folder),
  }
}

function peer(name: string, adapter: URL): Library {
  return { name, openTelemetry: '2', adapter, manifest: new URL(`node_modules/${name}/package.json`, peers) }
}
