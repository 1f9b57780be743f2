import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { hostAndPort } from '@swarmwatch/config'
import { asJson, type ExitCode } from '@swarmwatch/config/command-line'

import type { BridgeSettings } from '../settings.ts'
import { lintAlertmanager } from './lint-alertmanager.ts'
import { fewChannelsLine, reachingChannels } from './serve.ts'

export interface CheckOptions {
  readonly settings: BridgeSettings
  /** Path of an `alertmanager.yml`. */
  readonly alertmanagerFile?: string | undefined
  readonly write: (line: string) => void
  /** Writes one JSON document in place of lines. @default false */
  readonly json?: boolean
}

/** Says what in the settings, and in Alertmanager's, would make alerts be lost. Gives the exit code: 1 when there is something. */
export function check({ settings, alertmanagerFile, write, json = false }: CheckOptions): ExitCode {
  const { channels, notices, host, port, tokens } = settings
  const reaching = reachingChannels(channels)
  const warnings = [
    ...notices,
    ...(reaching.length < 2 ? [fewChannelsLine(reaching.length)] : []),
    ...uncovered(reaching),
    ...channels.flatMap((one) =>
      one.type === 'email' && one.tlsSkipVerify === true
        ? [
            `channel ${one.name}: any certificate of the mail server is accepted (ALERT_EMAIL_TLS_SKIP_VERIFY), so anyone between can read the mails and the password; set ALERT_EMAIL_CA_FILE`,
          ]
        : [],
    ),
    ...channels.flatMap((one) =>
      one.type === 'email' && one.requireTls === false && one.implicitTls !== true
        ? [
            `channel ${one.name}: TLS is not required (ALERT_EMAIL_REQUIRE_TLS or require_tls), so mail may go, and log in, in clear text`,
          ]
        : [],
    ),
    ...(alertmanagerFile === undefined ? [] : lintFile(alertmanagerFile)),
  ]
  const exitCode = warnings.length === 0 ? 0 : 1
  if (json) {
    const shown = channels.map(({ name, type, severities, fallback }) => ({ name, type, severities, fallback }))
    write(asJson({ bridge: { host, port, tokens: tokens.length, dataDir: settings.dataDir }, channels: shown, warnings }))
    return exitCode
  }
  write(`bridge on ${hostAndPort(host, port)}, ${tokens.length} token(s), data in ${settings.dataDir}`)
  for (const { name, type, severities, fallback } of channels) {
    write(`channel ${name} (${type}): ${severities.join(', ')}${fallback ? ', in reserve for critical' : ''}`)
  }
  for (const warning of warnings) write(`warning: ${warning}`)
  write(warnings.length === 0 ? 'nothing to complain about' : `${warnings.length} warning(s)`)
  return exitCode
}

function uncovered(channels: BridgeSettings['channels']): string[] {
  if (channels.length === 0) return []
  return (['critical', 'warning'] as const)
    .filter((severity) => !channels.some((one) => one.severities.includes(severity) || (severity === 'critical' && one.fallback)))
    .map((severity) => `no channel receives ${severity} alerts`)
}

function lintFile(path: string): string[] {
  try {
    const readBeside = (name: string): string => readFileSync(resolve(dirname(path), name), 'utf8')
    return lintAlertmanager(readFileSync(path, 'utf8'), readBeside).map((sentence) => `${path}: ${sentence}`)
  } catch (error) {
    return [`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`]
  }
}
