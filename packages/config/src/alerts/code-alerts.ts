import type { Severity } from './alert-channel.ts'
import type { AlertRuleName } from './alert-rule.ts'

type Optional<T> = T | undefined

interface CodeChannelBase {
  readonly name?: Optional<string>
  readonly severities?: Optional<readonly Severity[]>
  readonly fallback?: Optional<boolean>
  readonly quietHours?: Optional<{ readonly from: string; readonly to: string; readonly timeZone?: Optional<string> }>
}

/** A channel given in code; what it leaves out comes from the `ALERT_*` variables, as for a channel of the file. */
export type CodeChannel = CodeChannelBase &
  (
    | {
        readonly type: 'email'
        readonly recipients?: Optional<readonly string[]>
        readonly host?: Optional<string>
        readonly port?: Optional<number>
        readonly user?: Optional<string>
        readonly password?: Optional<string>
        readonly from?: Optional<string>
        readonly requireTls?: Optional<boolean>
        readonly implicitTls?: Optional<boolean>
        readonly ca?: Optional<string>
        readonly tlsSkipVerify?: Optional<boolean>
        readonly hello?: Optional<string>
      }
    | {
        readonly type: 'slack'
        readonly webhook?: Optional<string>
        readonly botToken?: Optional<string>
        readonly channel?: Optional<string>
      }
    | {
        readonly type: 'webhook'
        readonly url?: Optional<string>
        readonly secret?: Optional<string>
        readonly secrets?: Optional<readonly string[]>
        readonly allowedPrivateHosts?: Optional<readonly string[]>
      }
    | { readonly type: 'console' }
  )

/** A rule given in code, by name; it replaces those of that name in the file and in the defaults. */
export interface CodeRule {
  readonly name: AlertRuleName
  readonly threshold: number
  /** @default that of the default rule of this name */
  readonly severity?: Optional<Severity>
  /** @default that of the default rule of this name */
  readonly forSeconds?: Optional<number>
}
