/** Files that are mutated together, and the fast tests that must notice. */
export interface Group {
  readonly name: string
  /** Glob patterns from the root. */
  readonly sources: readonly string[]
  readonly tests: readonly string[]
}

const sdk = 'packages/sdk'
const bridge = 'packages/alert-bridge'

/** Pure files only; no test among these needs an engine, a container or another process. */
export const groups: readonly Group[] = [
  {
    name: 'recovery',
    sources: [`${sdk}/src/recovery/*.ts`],
    tests: [`${sdk}/test/{recovery,options,policy}.test.ts`, `${sdk}/test/recovery/*.test.ts`],
  },
  {
    name: 'health',
    sources: [`${sdk}/src/monitor/{health-score,sliding-window,duration-histogram}.ts`],
    tests: [`${sdk}/test/{monitor,health,sliding-window,duration-histogram}.test.ts`],
  },
  {
    name: 'error type',
    sources: [`${sdk}/src/error-type.ts`, `${sdk}/src/bounded-*.ts`],
    tests: [`${sdk}/test/{error-type,error-type-limits,bounds,bounded-names}.test.ts`],
  },
  {
    name: 'dedupe',
    sources: [`${bridge}/src/inbox/{dedupe-key,decide-repeat,severity-of,escalation-of}.ts`],
    tests: [`${bridge}/test/inbox/{dedupe-key,decide-repeat,severity-of,escalation-of,repeats}.test.ts`],
  },
  {
    name: 'delivery',
    sources: [
      `${bridge}/src/delivery/{channel-breaker,backoff,decide-outcome,token-bucket,storm,sort-claimed,fold-deliveries}.ts`,
    ],
    tests: [`${bridge}/test/delivery/{channel-breaker,backoff,decide-outcome,token-bucket,watch-storm,sort-claimed}.test.ts`],
  },
  {
    name: 'routing',
    sources: [`${bridge}/src/routing/*.ts`],
    tests: [`${bridge}/test/routing/*.test.ts`],
  },
  {
    name: 'escaping',
    sources: [
      `${bridge}/src/message/{clean-text,html,slack-text,web-link,plain-text,utc-time,readable-duration,slack-blocks}.ts`,
      `${bridge}/src/channels/{hide-secrets,retry-after}.ts`,
    ],
    tests: [
      `${bridge}/test/message/{clean-text,html,plain-text,slack-blocks,slack-limits,slack-text,times,web-link}.test.ts`,
      `${bridge}/test/channels/{hide-secrets,retry-after}.test.ts`,
    ],
  },
]
