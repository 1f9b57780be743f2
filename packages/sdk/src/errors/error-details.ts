import { isInstance, isObject, itemsOf, propertyOf } from '../unknown-values.ts'

/** Maximum number of errors that are read, however they wrap each other. */
export const maxErrors = 32
const maxDetails = 10
const maxHeaders = 400
const maxJsonLength = 100_000

/** The original failures, by the error that a library throws in their place without a cause. */
const hiddenCauses: WeakMap<object, unknown> = new WeakMap()

/** Records that a library throws `error` because of `cause`, but does not set it as the cause. */
export function hideCause(error: unknown, cause: unknown): void {
  if (isObject(error)) hiddenCauses.set(error, cause)
}

/** The error that `error` wraps: the last one of a retrying library, its `cause`, or the property that another library uses for it. */
export function wrappedBy(error: unknown): unknown {
  for (const key of ['lastError', 'cause', 'originalError', 'original', 'networkError']) {
    const inner = propertyOf(error, key)
    if (inner !== undefined && inner !== null) return inner
  }
  const suppressing = propertyOf(error, 'error')
  return isInstance(suppressing, Error) ? suppressing : hiddenCauses.get(error as object)
}

/** The errors of an `AggregateError` or of a GraphQL answer; a library that retries lists all of its tries, of which the last one counts. */
export function listedIn(error: unknown): unknown[] {
  if (propertyOf(error, 'lastError') !== undefined) return []
  const lists = [
    propertyOf(error, 'errors'),
    propertyOf(error, 'graphQLErrors'),
    propertyOf(propertyOf(error, 'response'), 'errors'),
  ]
  return itemsOf(lists.find(Array.isArray), maxErrors)
}

/** The error and what it wraps or lists, outermost first; each once, at most 32. */
export function chainOf(error: unknown): unknown[] {
  const chain = [error]
  const visit = (outer: unknown): void => {
    for (const inner of [wrappedBy(outer), ...listedIn(outer)]) {
      if (inner === undefined || inner === null || chain.length >= maxErrors || chain.includes(inner)) continue
      chain.push(inner)
      visit(inner)
    }
  }
  visit(error)
  return chain
}

/** Returns the server responses that an error may carry, under the names that libraries use. */
function responsesOf(error: unknown): unknown[] {
  const keys = ['response', '$response', 'rawResponse', 'res', 'httpResponse', 'meta', 'customErrorData']
  return keys.map((key) => propertyOf(error, key))
}

/** Returns the objects in which an error carries its server's response, parsed if they are JSON; the error itself comes first. */
export function answersIn(error: unknown): unknown[] {
  const bodies = [
    ...['error', 'data', 'body', 'responseBody', 'rawError', 'details'].map((key) => propertyOf(error, key)),
    ...responsesOf(error).flatMap((response) => ['data', 'body', 'bodyAsText'].map((key) => propertyOf(response, key))),
    propertyOf(error, 'message'),
  ]
  const listed = [propertyOf(error, 'errorDetails'), propertyOf(error, 'statusDetails')].flatMap((each) =>
    itemsOf(each, maxDetails),
  )
  const found: unknown[] = [error, propertyOf(error, 'extensions'), ...listed]
  for (const body of bodies) {
    const parsed = typeof body === 'string' ? parsedJson(body) : body
    const answer: unknown = itemsOf(parsed, 1)[0] ?? parsed
    const inner = propertyOf(answer, 'error')
    const details = propertyOf(inner, 'details') ?? propertyOf(answer, 'details') ?? propertyOf(inner, 'errors')
    found.push(answer, inner, propertyOf(inner, 'innererror'), ...itemsOf(details, maxDetails))
  }
  return found.filter(isObject)
}

/** JSON, or the JSON within a few words such as `401 {"error": ...}.` */
function parsedJson(text: string): unknown {
  if (text.length > maxJsonLength) return undefined
  const start = text.slice(0, 200).search(/[{[]/)
  if (start === -1) return undefined
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1
  try {
    return JSON.parse(text.slice(start, end)) as unknown
  } catch {
    return undefined
  }
}

/** Returns the objects that may hold the headers of an error's response. */
export function headersIn(error: unknown): unknown[] {
  const places = [
    ...['responseHeaders', 'headers', 'rawHeaders', 'metadata'].map((key) => propertyOf(error, key)),
    ...responsesOf(error).flatMap((response) => ['headers', 'rawHeaders', 'header'].map((key) => propertyOf(response, key))),
  ]
  return places.filter(isObject)
}

/** Returns the value of a header in Headers, a Map, an object with keys in any case, or a list. */
export function headerOf(headers: unknown, name: string): unknown {
  try {
    const get = propertyOf(headers, 'get')
    const names = [name, name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())]
    for (const each of names) {
      const value: unknown = first(typeof get === 'function' ? get.call(headers, each) : propertyOf(headers, each))
      if (value !== undefined && value !== null) return value
    }
    for (const [key, found] of entriesOf(headers)) {
      if (typeof key === 'string' && key.toLowerCase() === name) return first(found)
    }
  } catch {
    // Headers of a hostile or closed object: none
  }
  return undefined
}

const first = (value: unknown): unknown => (Array.isArray(value) ? itemsOf(value, 1)[0] : value)

function entriesOf(headers: unknown): (readonly unknown[])[] {
  if (isInstance(headers, Map)) return [...headers]
  const items = Array.isArray(headers) ? itemsOf(headers, maxHeaders) : undefined
  if (!items) return Object.entries(headers as object).slice(0, maxHeaders)
  if (items.every((item) => Array.isArray(item))) return items as unknown[][]
  // Node's rawHeaders: name, value, name, value
  return items.flatMap((item, at) => (at % 2 === 0 ? [[item, items[at + 1]]] : []))
}

function asStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599 ? Number(status) : undefined
}

const statusKeys = ['statusCode', 'status', 'status_code', 'httpStatus', 'httpStatusCode', 'httpCode']

/** Returns the HTTP status (400-599) of an error or its response, which may be a number or text. */
export function statusOf(error: unknown, answers: readonly unknown[]): number | undefined {
  const holders = [error, propertyOf(error, '$metadata'), ...responsesOf(error), propertyOf(error, 'output')]
  const places = [
    ...holders.flatMap((holder) => statusKeys.map((key) => propertyOf(holder, key))),
    ...answers.flatMap((answer) => ['code', ...statusKeys].map((key) => propertyOf(answer, key))),
  ]
  for (const place of places) {
    const status = asStatus(place)
    if (status !== undefined) return status
  }
  return undefined
}

/** The HTTP status (400-599) that an error or one that it wraps carries, if any. */
export function httpStatus(error: unknown): number | undefined {
  for (const each of chainOf(error)) {
    const status = statusOf(each, answersIn(each))
    if (status !== undefined) return status
  }
  return undefined
}
