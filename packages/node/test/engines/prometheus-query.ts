/** A sample as Prometheus answers it. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: string
}

/** Result of an instant query now. */
export async function query(prometheusUrl: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${prometheusUrl}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expression }),
  })
  const body = (await response.json()) as Answer
  if (body.status !== 'success') throw new Error(`${expression}: ${body.error}`)
  return body.data.result.map(({ metric, value }) => ({ labels: metric, value: value[1] }))
}

type Answer =
  | { status: 'success'; data: { result: { metric: Record<string, string>; value: [number, string] }[] } }
  | { status: 'error'; error: string }
