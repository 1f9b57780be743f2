const offset = 14_695_981_039_346_656_037n
const prime = 1_099_511_628_211n
const separator = 0xff

/** 16 hex digits that stand for a set of labels; the same that Alertmanager computes (FNV-1a over sorted names and values). */
export function fingerprint(labels: Readonly<Record<string, string>>): string {
  let hash = offset
  for (const name of Object.keys(labels).toSorted()) {
    for (const byte of [...Buffer.from(name), separator, ...Buffer.from(labels[name]!), separator]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime)
    }
  }
  return hash.toString(16).padStart(16, '0')
}
