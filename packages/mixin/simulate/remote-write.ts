import type { Series } from './exported-series.ts'

/** Pushes series to the remote-write receiver of a Prometheus; samples of a series ascend in time. */
export async function remoteWrite(address: string, series: readonly Series[]): Promise<void> {
  for (let from = 0; from < series.length; from += 20) {
    const response = await fetch(`${address}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: uncompressedSnappy(writeRequest(series.slice(from, from + 20))),
    })
    if (!response.ok) throw new Error(`Prometheus refused the samples: ${response.status} ${await response.text()}`)
  }
}

/** `WriteRequest` of remote write 1.0 in protocol buffers. */
function writeRequest(series: readonly Series[]): Buffer {
  return Buffer.concat(
    series.map(({ labels, samples }) => {
      const pairs = Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))
      const encoded = pairs.map(([name, value]) => message(1, Buffer.concat([text(1, name), text(2, value)])))
      const points = samples.map(([seconds, value]) => {
        const point = Buffer.alloc(9)
        // Field 1, a double
        point[0] = 9
        point.writeDoubleLE(value, 1)
        return message(2, Buffer.concat([point, Buffer.from([16]), varint(seconds * 1_000)]))
      })
      return message(1, Buffer.concat([...encoded, ...points]))
    }),
  )
}

function message(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2]), varint(content.length), content])
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value))
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

/** The format of Snappy with literals only: valid, and not smaller. */
function uncompressedSnappy(content: Buffer): Buffer<ArrayBuffer> {
  const parts = [varint(content.length)]
  for (let from = 0; from < content.length; from += 65_536) {
    const literal = content.subarray(from, from + 65_536)
    const size = literal.length - 1
    // A literal whose length is in the next two bytes
    parts.push(Buffer.from([61 << 2, size & 255, size >> 8]), literal)
  }
  return Buffer.concat(parts)
}
