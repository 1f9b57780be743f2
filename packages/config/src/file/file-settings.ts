import type { Severity } from '../alerts/alert-channel.ts'
import type { AlertRuleName } from '../alerts/alert-rule.ts'
import type { AlertSettings } from '../alerts/alert-settings.ts'
import type { Secret } from '../secret.ts'

type Optional<T> = T | undefined

/** Retry limits as the file names them; seconds. */
export interface FileRecoveryLimits {
  readonly max_retries?: Optional<number>
  readonly base_delay?: Optional<number>
  readonly max_delay?: Optional<number>
  readonly exponential_factor?: Optional<number>
}

/** A channel of the file; which target it may have depends on its type. */
export interface FileChannel {
  readonly type: 'email' | 'slack' | 'webhook' | 'console'
  readonly name?: Optional<string>
  readonly recipients?: Optional<readonly string[]>
  readonly require_tls?: Optional<boolean>
  readonly webhook?: Optional<Secret>
  readonly bot_token?: Optional<Secret>
  readonly channel?: Optional<string>
  readonly url?: Optional<Secret>
  readonly secrets?: Optional<readonly Secret[]>
  readonly allowed_private_hosts?: Optional<readonly string[]>
  readonly severities?: Optional<readonly Severity[]>
  readonly fallback?: Optional<boolean>
  readonly quiet_hours?: Optional<{ readonly from: string; readonly to: string; readonly time_zone?: Optional<string> }>
}

/** A rule of the file. */
export interface FileRule {
  readonly name: AlertRuleName
  readonly threshold: number
  readonly severity?: Optional<Severity>
  readonly for?: Optional<number>
}

/** `config/production.yaml` once it is checked. */
export interface FileSettings {
  readonly monitoring?: Optional<{
    readonly enabled?: Optional<boolean>
    readonly health_check_interval?: Optional<number>
    readonly metrics_export?: Optional<boolean>
  }>
  readonly recovery?: Optional<FileRecoveryLimits & { readonly agents?: Optional<Readonly<Record<string, FileRecoveryLimits>>> }>
  readonly alerts?: Optional<{
    readonly in_process?: Optional<AlertSettings['inProcess']>
    readonly channels?: Optional<readonly FileChannel[]>
    readonly rules?: Optional<readonly FileRule[]>
  }>
}
