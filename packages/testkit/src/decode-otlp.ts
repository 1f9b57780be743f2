/** Value of an attribute; `undefined` for a kind that the tests do not need. */
export type OtlpValue = string | number | boolean | readonly OtlpValue[] | undefined
/** Attributes by key. */
export type OtlpAttributes = Readonly<Record<string, OtlpValue>>

/** A span of an export. */
export interface OtlpSpan {
  readonly scope: string
  readonly schemaUrl: string
  readonly name: string
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root span. */
  readonly parentSpanId: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Milliseconds since 1970. */
  readonly endedAt: number
  readonly attributes: OtlpAttributes
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

/** A metric of an export. */
export interface OtlpMetric {
  readonly scope: string
  readonly schemaUrl: string
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly kind: 'gauge' | 'counter' | 'upDownCounter' | 'histogram'
  readonly points: readonly OtlpPoint[]
}

/** A data point; for a histogram, `value` is the sum. */
export interface OtlpPoint {
  readonly attributes: OtlpAttributes
  readonly value: number
  /** Number of values of a histogram. */
  readonly count?: number
}

/** Spans in the body of a request to `/v1/traces` (protobuf). */
export function decodeTraces(body: Uint8Array): OtlpSpan[] {
  return scopesIn(body).flatMap(({ scope, schemaUrl, items }) =>
    items.map((bytes) => {
      const span = message(bytes)
      return {
        scope,
        schemaUrl,
        name: text(span, 5),
        kind: kinds[Number(span.get(6)?.[0] ?? 0)] ?? 'unspecified',
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentSpanId: hex(span, 4),
        startedAt: milliseconds(span, 7),
        endedAt: milliseconds(span, 8),
        attributes: attributesIn(span, 9),
        links: parts(span, 13)
          .map(message)
          .map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
      }
    }),
  )
}

/** Metrics in the body of a request to `/v1/metrics` (protobuf). */
export function decodeMetrics(body: Uint8Array): OtlpMetric[] {
  return scopesIn(body).flatMap(({ scope, schemaUrl, items }) =>
    items.map((bytes) => {
      const metric = message(bytes)
      return { scope, schemaUrl, name: text(metric, 1), description: text(metric, 2), unit: text(metric, 3), ...dataOf(metric) }
    }),
  )
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const

function dataOf(metric: Message): Pick<OtlpMetric, 'kind' | 'points'> {
  const [gauge] = metric.get(5) ?? []
  if (gauge !== undefined) return { kind: 'gauge', points: parts(message(bytesOf(gauge)), 1).map(numberPoint) }
  const [sum] = metric.get(7) ?? []
  if (sum !== undefined) {
    const data = message(bytesOf(sum))
    const isMonotonic = Number(data.get(3)?.[0] ?? 0) === 1
    return { kind: isMonotonic ? 'counter' : 'upDownCounter', points: parts(data, 1).map(numberPoint) }
  }
  const [histogram] = metric.get(9) ?? []
  if (histogram === undefined) throw new Error(`${text(metric, 1)} has data of a kind that decodeMetrics() does not read`)
  return { kind: 'histogram', points: parts(message(bytesOf(histogram)), 1).map(histogramPoint) }
}

function numberPoint(bytes: Uint8Array): OtlpPoint {
  const point = message(bytes)
  const [whole] = point.get(6) ?? []
  return {
    attributes: attributesIn(point, 7),
    value: whole === undefined ? double(point, 4) : Number(BigInt.asIntN(64, viewOf(whole).getBigUint64(0, true))),
  }
}

function histogramPoint(bytes: Uint8Array): OtlpPoint {
  const point = message(bytes)
  const [count] = point.get(4) ?? []
  return {
    attributes: attributesIn(point, 9),
    value: double(point, 5),
    count: count === undefined ? 0 : Number(viewOf(count).getBigUint64(0, true)),
  }
}

/** Spans or metrics with their scope: field 1 is the resource, field 2 of it a scope with the items in its field 2. */
function scopesIn(body: Uint8Array): { scope: string; schemaUrl: string; items: readonly Uint8Array[] }[] {
  return parts(message(body), 1)
    .flatMap((resource) => parts(message(resource), 2))
    .map((bytes) => {
      const inScope = message(bytes)
      const [scope] = parts(inScope, 1)
      return {
        scope: scope === undefined ? '' : text(message(scope), 1),
        schemaUrl: text(inScope, 3),
        items: parts(inScope, 2),
      }
    })
}

function attributesIn(of: Message, field: number): OtlpAttributes {
  return Object.fromEntries(
    parts(of, field).map((bytes) => {
      const pair = message(bytes)
      const [value] = parts(pair, 2)
      return [text(pair, 1), value === undefined ? undefined : valueIn(message(value))]
    }),
  )
}

function valueIn(value: Message): OtlpValue {
  if (value.has(1)) return text(value, 1)
  if (value.has(2)) return value.get(2)![0] === 1n
  if (value.has(3)) return Number(BigInt.asIntN(64, value.get(3)![0] as bigint))
  if (value.has(4)) return double(value, 4)
  const [list] = parts(value, 5)
  return list === undefined ? undefined : parts(message(list), 1).map((each) => valueIn(message(each)))
}

/** Values of a protobuf message by the number of the field: a varint, or the bytes of the rest. */
type Message = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>

function message(bytes: Uint8Array): Message {
  const fields = new Map<number, (bigint | Uint8Array)[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('the message ends within a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const slice = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('the message ends within a field')
    return bytes.subarray(at, (at += length))
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const field = tag >> 3
    const value = readers[tag & 7]?.(varint, slice)
    if (value === undefined) throw new RangeError(`field ${field} has the unknown wire type ${tag & 7}`)
    fields.set(field, [...(fields.get(field) ?? []), value])
  }
  return fields
}

const readers: Readonly<Record<number, (varint: () => bigint, slice: (length: number) => Uint8Array) => bigint | Uint8Array>> = {
  0: (varint) => varint(),
  1: (_, slice) => slice(8),
  2: (varint, slice) => slice(Number(varint())),
  5: (_, slice) => slice(4),
}

function parts(of: Message, field: number): readonly Uint8Array[] {
  return (of.get(field) ?? []).map(bytesOf)
}

function bytesOf(value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') throw new TypeError('the field is a number')
  return value
}

function viewOf(value: bigint | Uint8Array): DataView {
  const { buffer, byteOffset, byteLength } = bytesOf(value)
  return new DataView(buffer, byteOffset, byteLength)
}

/** A time that the message has in nanoseconds. */
function milliseconds(of: Message, field: number): number {
  const [value] = of.get(field) ?? []
  return value === undefined ? 0 : Number(viewOf(value).getBigUint64(0, true)) / 1e6
}

function text(of: Message, field: number): string {
  return parts(of, field)
    .map((bytes) => Buffer.from(bytes).toString())
    .join('')
}

function hex(of: Message, field: number): string {
  return parts(of, field)
    .map((bytes) => Buffer.from(bytes).toString('hex'))
    .join('')
}

function double(of: Message, field: number): number {
  const [value] = of.get(field) ?? []
  return value === undefined ? 0 : viewOf(value).getFloat64(0, true)
}
