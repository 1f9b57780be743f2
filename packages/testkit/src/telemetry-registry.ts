import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parse } from 'yaml'

import { repositoryRoot } from './compose-file.ts'
import type { OtlpMetric, OtlpSpan } from './decode-otlp.ts'

/** A metric of `registry/`. */
export interface RegistryMetric {
  readonly name: string
  readonly brief: string
  /** Undefined for a refinement, which inherits kind and unit. */
  readonly instrument: string | undefined
  readonly unit: string | undefined
  readonly attributes: readonly string[]
}

/** A span of `registry/`. */
export interface RegistrySpan {
  readonly id: string
  /** Whether an exported span is of this definition. */
  matches(span: Pick<OtlpSpan, 'name' | 'kind' | 'attributes'>): boolean
  readonly attributes: readonly string[]
}

/** The registry of telemetry names, as it is committed. */
export interface TelemetryRegistry {
  readonly metrics: readonly RegistryMetric[]
  readonly spans: readonly RegistrySpan[]
}

/** Reads `registry/` of the repository. */
export function readTelemetryRegistry(): TelemetryRegistry {
  const { metrics = [], metric_refinements: refinedMetrics = [] } = read('metrics')
  const { spans = [], span_refinements: refinedSpans = [] } = read('spans')
  return {
    metrics: [...metrics, ...refinedMetrics].map(({ name, ref, brief, instrument, unit, attributes }) => ({
      name: ref ?? (name as string),
      brief,
      instrument,
      unit,
      attributes: attributes.map((attribute) => attribute.ref),
    })),
    spans: [...spans, ...refinedSpans].map((span) => ({
      id: (span.type ?? span.id)!,
      matches: matcherOf(span),
      attributes: span.attributes.map((attribute) => attribute.ref),
    })),
  }
}

/** Names of an export that the registry does not have, as `metric attribute` and `span attribute`; empty if it has all. */
export function namesOutsideOf(
  { metrics, spans }: TelemetryRegistry,
  sent: { readonly metrics: readonly OtlpMetric[]; readonly spans: readonly OtlpSpan[] },
): string[] {
  const ofMetrics = sent.metrics.flatMap(({ name, points }) => {
    const known = metrics.find((metric) => metric.name === name)
    if (known === undefined) return [`metric ${name}`]
    return points.flatMap(({ attributes }) => outside(name, Object.keys(attributes), known.attributes))
  })
  const ofSpans = sent.spans.flatMap((span) => {
    const known = spans.find((definition) => definition.matches(span))
    return known === undefined
      ? [`span ${span.name} (${span.kind})`]
      : outside(known.id, Object.keys(span.attributes).map(registryKey), known.attributes)
  })
  return [...new Set([...ofMetrics, ...ofSpans])].toSorted()
}

/** The key that the registry has for an attribute: that of the template for keys that begin with it. */
export function registryKey(key: string): string {
  return key.startsWith('swarmwatch.metric.') ? 'swarmwatch.metric' : key
}

interface Definition {
  readonly id?: string
  readonly type?: string
  readonly ref?: string
  readonly kind?: string
  readonly name?: string | { readonly note: string }
  readonly unit?: string
  readonly brief: string
  readonly instrument?: string
  readonly attributes: readonly { readonly ref: string }[]
}

function read(file: string): Record<string, readonly Definition[]> {
  return parse(readFileSync(join(repositoryRoot, 'registry', `${file}.yaml`), 'utf8')) as Record<string, readonly Definition[]>
}

/** A span has the name of its definition, in which each attribute stands for its value, and its kind. */
function matcherOf({ name, kind, ref }: Definition): RegistrySpan['matches'] {
  const { note } = name as { readonly note: string }
  // The kind of a refinement is that of the conventions, whose span types end with it
  const expectedKind = kind ?? (ref?.endsWith('.server') ? 'server' : ref?.endsWith('.internal') ? 'internal' : 'client')
  return (span) => {
    const words = note.replaceAll('`', '').replaceAll(/\{([^}]*)\}/g, (_, key: string) => {
      const value = span.attributes[key]
      return value === undefined ? '' : String(value)
    })
    return span.kind === expectedKind && span.name === words.trim()
  }
}

function outside(of: string, keys: readonly string[], known: readonly string[]): string[] {
  return keys.filter((key) => !known.includes(key)).map((key) => `${of} ${key}`)
}
