import type { Secret } from '../secret.ts'
import type { AlertChannel } from './alert-channel.ts'
import type { AlertRule } from './alert-rule.ts'

/** Who is told of what, and by whom. */
export interface AlertSettings {
  /** Whether rules are evaluated in the process; `auto`: unless metrics go out by OTLP. File: `alerts.in_process`. @default 'auto' */
  readonly inProcess: 'auto' | 'on' | 'off'
  /** In-process alerts go to this Alertmanager; `ALERTMANAGER_URL`. @default none */
  readonly alertmanagerUrl: string | undefined
  /** User at that Alertmanager; `ALERTMANAGER_USER`. @default 'swarmwatch' */
  readonly alertmanagerUser: string
  /** Password at that Alertmanager; `ALERTMANAGER_PASSWORD` or `ALERTMANAGER_PASSWORD_FILE`. @default no authentication */
  readonly alertmanagerPassword: Secret | undefined
  /** In-process alerts link to `<runbooksUrl>/<alert>.md`; `RUNBOOKS_URL`. @default none */
  readonly runbooksUrl: string | undefined
  /** Those that can be reached; one without a target is left out and told in `offChannels`. @default [] */
  readonly channels: readonly AlertChannel[]
  /** The defaults, with those replaced that the file names. */
  readonly rules: readonly AlertRule[]
}
