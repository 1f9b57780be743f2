import type { Problem } from '../configuration-error.ts'
import { fileProblems, repeatedEntries } from '../file/file-problems.ts'
import { fileSchema } from '../file/file-schema.ts'
import type { FileChannel, FileRule } from '../file/file-settings.ts'
import { serverVariables } from './channel-variables.ts'

/** Channels and rules given in code, in the shape of the file. */
export interface CodeAlerts {
  readonly channels: readonly { readonly channel: FileChannel; readonly server: Readonly<Record<string, unknown>> }[] | undefined
  readonly rules: readonly FileRule[] | undefined
}

/** How keys are called in the file that are called otherwise in code. */
const fileNames: Readonly<Record<string, string>> = {
  quietHours: 'quiet_hours',
  timeZone: 'time_zone',
  botToken: 'bot_token',
  allowedPrivateHosts: 'allowed_private_hosts',
  requireTls: 'require_tls',
  forSeconds: 'for',
}

/** Checks them by the rules of the file; what is wrong is added to `problems`, under the names of code. */
export function readCodeAlerts(
  given: { readonly channels?: unknown; readonly rules?: unknown },
  problems: Problem[],
): CodeAlerts {
  const entries = Array.isArray(given.channels) ? given.channels.map(splitServer) : undefined
  const alerts = { channels: entries?.map(({ rest }) => rest) ?? given.channels, rules: given.rules }
  const document = { value: { alerts: inFileNames(alerts) }, details: new Map() }
  const checked = fileSchema.safeParse(document.value)
  const found = [...fileProblems('code', document, checked.error?.issues ?? []), ...repeatedEntries('code', document)]
  problems.push(...found.map(inCodeNames))
  const channels = checked.data?.alerts?.channels
  return {
    channels: channels?.map((channel, index) => ({ channel, server: entries?.[index]?.server ?? {} })),
    rules: checked.data?.alerts?.rules,
  }
}

function splitServer(channel: unknown): { rest: unknown; server: Record<string, unknown> } {
  if (typeof channel !== 'object' || channel === null) return { rest: channel, server: {} }
  const keys = Object.keys(serverVariables[(channel as FileChannel).type] ?? {})
  const isServer = ([key]: [string, unknown]): boolean => keys.includes(key)
  const entries = Object.entries(channel)
  return {
    rest: Object.fromEntries(entries.filter((entry) => !isServer(entry))),
    server: Object.fromEntries(entries.filter(isServer)),
  }
}

function inFileNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inFileNames)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[fileNames[key] ?? key, inFileNames(inner)]])),
  )
}

function inCodeNames({ path, rule, value }: Problem): Problem {
  let [names, words] = [path, rule]
  for (const [inCode, inFile] of Object.entries(fileNames)) {
    names = names.replace(new RegExp(`\\.${inFile}(?=[.[]|$)`), `.${inCode}`)
    // in the list of the keys there are
    words = words.replace(new RegExp(`, ${inFile}(?=,|$)`), `, ${inCode}`)
  }
  return { path: names, rule: words, value }
}
