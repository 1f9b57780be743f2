import type { Secret } from './secret.ts'

/** The status page and the evaluation of the in-process alert rules. */
export interface MonitorSettings {
  /** Whether the page is served and the rules are evaluated. File: `monitoring.enabled`. @default true */
  readonly enabled: boolean
  /** Address to listen on; `MONITOR_HOST`. @default '127.0.0.1' */
  readonly host: string
  /** `MONITOR_PORT`; 0 takes any free one. @default 8080 */
  readonly port: number
  /** Seconds between two health checks; `MONITOR_INTERVAL`, file: `monitoring.health_check_interval`. @default 30 */
  readonly intervalSeconds: number
  /** Readers of the page must show it; `MONITOR_TOKEN`. @default none */
  readonly token: Secret | undefined
  /** Reverse proxies whose X-Forwarded-For and Forwarded are believed; `MONITOR_TRUSTED_PROXIES`. @default none */
  readonly trustedProxies: readonly string[] | undefined
}
