import { globSync } from 'node:fs'

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
    tests: [`${sdk}/test/{recovery,options,policy,errors-page}.test.ts`, `${sdk}/test/recovery/*.test.ts`],
  },
  {
    name: 'health',
    sources: [`${sdk}/src/monitor/{health-score,sliding-window}.ts`],
    tests: [`${sdk}/test/{monitor,health,sliding-window,duration-histogram}.test.ts`],
  },
  {
    name: 'error type',
    sources: [`${sdk}/src/errors/{error-type,error-details}.ts`, `${sdk}/src/{unknown-values,bounded-names}.ts`],
    tests: [`${sdk}/test/{error-type,error-type-limits,errors-page,bounds,bounded-names}.test.ts`],
  },
  {
    name: 'redaction',
    sources: [`${sdk}/src/telemetry/content.ts`, `${bridge}/src/channels/guarded-delivery.ts`],
    tests: [`${sdk}/test/{content,privacy}.test.ts`, `${bridge}/test/channels/hide-secrets.test.ts`],
  },
  {
    name: 'dedupe',
    sources: [`${bridge}/src/intake/{dedupe,severity-of,prepare-entry,meta-reports}.ts`],
    tests: [`${bridge}/test/intake/{dedupe-key,decide-repeat,severity-of,escalation-of,meta-reports,repeats}.test.ts`],
  },
  {
    name: 'delivery',
    sources: [`${bridge}/src/deliveries/{channel-breaker,outcome,rate-limit,storm,sort-deliveries,combined-notices}.ts`],
    tests: [
      `${bridge}/test/deliveries/{channel-breaker,backoff,decide-outcome,token-bucket,watch-storm,sort-claimed,merged-alerts,summary-notice}.test.ts`,
    ],
  },
  {
    name: 'failures',
    sources: [`${bridge}/src/channels/{request-failure,email/email-channel,slack/slack-failure,teams/teams-channel}.ts`],
    tests: [`${bridge}/test/channels/{teams,connection-failure,mail-failure,slack-failure,webhook-failure,retry-after}.test.ts`],
  },
  {
    name: 'routing',
    sources: [`${bridge}/src/{routing,deliveries/escalation}.ts`],
    tests: [`${bridge}/test/routing/*.test.ts`],
  },
  {
    name: 'escaping',
    sources: [
      `${bridge}/src/message/{clean-text,message-content,notice-times,notice-links}.ts`,
      `${bridge}/src/channels/{email/mail,slack/slack-message,webhook/private-address}.ts`,
    ],
    tests: [
      `${bridge}/test/message/{clean-text,html,notice-links,plain-text,slack-blocks,slack-limits,slack-text,times,web-link}.test.ts`,
      `${bridge}/test/channels/private-address.test.ts`,
    ],
  },
]

/** The groups of these names, or all where there are none. @throws {Error} for a name that no group has. */
export function chosenGroups(names: readonly string[]): readonly Group[] {
  const unknown = names.find((name) => !groups.some((group) => group.name === name))
  if (unknown !== undefined) {
    throw new Error(`a group must be one of ${groups.map(({ name }) => `"${name}"`).join(', ')}, got "${unknown}"`)
  }
  return names.length === 0 ? groups : groups.filter(({ name }) => names.includes(name))
}

/** The files below `root` that match. @throws {Error} for a pattern that matches none. */
export function filesOf(patterns: readonly string[], root: string): string[] {
  return patterns.flatMap((pattern) => {
    const files = globSync(pattern, { cwd: root }).toSorted()
    if (files.length === 0) throw new Error(`a pattern of a group must match a file, got ${pattern}`)
    return files
  })
}
