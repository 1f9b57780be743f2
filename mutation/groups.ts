import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files that are mutated together, and the fast tests that must notice. */
export interface Group {
  readonly name: string
  /** Glob patterns from the root. */
  readonly sources: readonly string[]
  /** Functions and classes of these files that are not mutated: they have side effects or other tests, which take too long here. */
  readonly without?: readonly string[]
  readonly tests: readonly string[]
}

const sdk = 'packages/sdk'
const bridge = 'packages/alert-bridge'
const instrumentation = 'packages/instrumentation'

/** Pure code only; no test among these needs an engine, a container or another process. */
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
    tests: [
      `${sdk}/test/{error-type,error-type-limits,error-places,errors-page,unusable-answers,bounds,bounded-names,recovery/retry-after}.test.ts`,
    ],
  },
  {
    name: 'redaction',
    sources: [`${sdk}/src/telemetry/content.ts`, `${bridge}/src/channels/guarded-delivery.ts`],
    without: ['guardedDelivery', 'stopSignal', 'wireId'],
    tests: [`${sdk}/test/{content,captured-messages,privacy}.test.ts`, `${bridge}/test/channels/hide-secrets.test.ts`],
  },
  {
    name: 'model calls',
    sources: [`${sdk}/src/inference/*.ts`],
    tests: [`${sdk}/test/{inference/*,reported-tools,exceptions,metrics}.test.ts`],
  },
  {
    name: 'once',
    sources: [
      `${sdk}/src/once/{once-calls,once-slots,once-records,once-store,once-key,once-options,one-time-result}.ts`,
      `${sdk}/src/errors/effect-of-error.ts`,
    ],
    tests: [
      `${sdk}/test/once/{once-tool,once-slots,left-behind,stores,broken-connections,one-time-results,hanging-stores,hostile-hooks}.test.ts`,
    ],
  },
  {
    name: 'limits',
    sources: [`${sdk}/src/run/{budget,daily-budget,run-limits,loop-guard,counted-calls,call-form,configured-loops}.ts`],
    tests: [`${sdk}/test/limits/*.test.ts`],
  },
  {
    name: 'results',
    sources: [`${sdk}/src/results/*.ts`],
    tests: [`${sdk}/test/results/*.test.ts`],
  },
  {
    name: 'wire',
    sources: [`${instrumentation}/src/sources/wire/{protocols,json-picker,event-stream,response-body}.ts`],
    tests: [`${instrumentation}/test/wire/{json-picker,response-body}.test.ts`],
  },
  {
    name: 'dedupe',
    sources: [`${bridge}/src/intake/{dedupe,severity-of,prepare-entry,meta-reports}.ts`],
    without: [
      'prepareGroup',
      'newIncidentKey',
      'prepareNotice',
      'noticeOfGroup',
      'titleOf',
      'noticeAlert',
      'linksOf',
      'linkIn',
      'isLink',
      'earliest',
      'latest',
    ],
    tests: [`${bridge}/test/intake/{dedupe-key,decide-repeat,severity-of,failover-of,meta-reports,repeats}.test.ts`],
  },
  {
    name: 'delivery',
    sources: [`${bridge}/src/deliveries/{channel-breaker,outcome,rate-limit,storm,sort-deliveries,combined-notices}.ts`],
    without: ['openRateLimit'],
    tests: [
      `${bridge}/test/deliveries/{channel-breaker,backoff,decide-outcome,token-bucket,watch-storm,sort-claimed,merged-alerts,summary-notice}.test.ts`,
    ],
  },
  {
    name: 'failures',
    sources: [`${bridge}/src/channels/{request-failure,email/email-channel,slack/slack-failure,teams/teams-channel}.ts`],
    without: ['openEmailChannel', 'logInText', 'openSmtp', 'openTeamsChannel'],
    tests: [`${bridge}/test/channels/{teams,connection-failure,mail-failure,slack-failure,webhook-failure,retry-after}.test.ts`],
  },
  {
    name: 'routing',
    sources: [`${bridge}/src/{routing,deliveries/failover}.ts`],
    without: ['startFailovers'],
    tests: [`${bridge}/test/routing/*.test.ts`],
  },
  {
    name: 'escaping',
    sources: [
      `${bridge}/src/message/{clean-text,message-content,notice-times,notice-links}.ts`,
      `${bridge}/src/channels/{email/mail,slack/slack-message,webhook/private-address}.ts`,
    ],
    without: ['PrivateAddressError', 'guardedLookup', 'mailFor', 'mailboxOf', 'mailThread'],
    tests: [
      `${bridge}/test/message/{clean-text,html,notice-links,plain-text,slack-blocks,slack-limits,slack-text,times,web-link,which}.test.ts`,
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

/**
 * The code of a group as Stryker's patterns: files, or `file:1-20` for the lines around the declarations in `without`.
 * @throws {Error} for a name that no file declares.
 */
export function mutatedCode({ sources, without = [] }: Pick<Group, 'sources' | 'without'>, root: string): string[] {
  const missing = new Set(without)
  const patterns = filesOf(sources, root).flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n')
    const names = lines.map((line) => /^(?:export )?(?:async )?(?:function|class) (\w+)/.exec(line)?.[1])
    const kept: string[] = []
    let first = 0
    for (const [start, name] of names.entries()) {
      if (name === undefined || !without.includes(name)) continue
      missing.delete(name)
      if (start > first) kept.push(`${file}:${first + 1}-${start}`)
      first = lines.indexOf('}', start) + 1
    }
    return first === 0 ? [file] : [...kept, `${file}:${first + 1}-${lines.length + 1}`]
  })
  if (missing.size > 0) throw new Error(`a group must leave out what its files declare, got ${[...missing].join(', ')}`)
  return patterns
}

/** The files below `root` that match. @throws {Error} for a pattern that matches none. */
export function filesOf(patterns: readonly string[], root: string): string[] {
  return patterns.flatMap((pattern) => {
    const files = globSync(pattern, { cwd: root }).toSorted()
    if (files.length === 0) throw new Error(`a pattern of a group must match a file, got ${pattern}`)
    return files
  })
}
