import type { Secret } from '../secret.ts'
import { traceLink } from '../trace-link.ts'
import { host, interval, networks, onOff, port, secretText } from '../value-rule.ts'
import type { Settings } from './setting.ts'

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
  /** Token that readers of the page must send; `MONITOR_TOKEN`. @default none */
  readonly token: Secret | undefined
  /** Reverse proxies whose X-Forwarded-For and Forwarded are trusted; `MONITOR_TRUSTED_PROXIES`. @default none */
  readonly trustedProxies: readonly string[] | undefined
  /** Address of a trace for a browser, with `{trace_id}` for its id; `TRACE_LINK`, otherwise `GRAFANA_URL`. @default none */
  readonly traceLink: string | undefined
}

/** `monitor`. */
export const monitorSettings: Settings<MonitorSettings> = {
  enabled: {
    about: 'Whether the status page is served and the alert rules are evaluated in the process.',
    fileKey: 'monitoring.enabled',
    value: onOff,
    example: 'false',
    default: true,
  },
  host: {
    about: 'Address that the status page listens on; 0.0.0.0 opens it to the network.',
    variable: 'MONITOR_HOST',
    value: host,
    example: '0.0.0.0',
    default: '127.0.0.1',
  },
  port: {
    about: 'Port of the status page; 0 takes a free one.',
    variable: 'MONITOR_PORT',
    value: port,
    example: '8081',
    default: 8080,
  },
  intervalSeconds: {
    about: 'Time between two health checks, at which the alert rules are evaluated.',
    variable: 'MONITOR_INTERVAL',
    fileKey: 'monitoring.health_check_interval',
    value: interval,
    example: '15',
    default: 30,
  },
  token: {
    about: 'Token that readers of the status page must send. Without one, everyone who reaches the page can read it.',
    variable: 'MONITOR_TOKEN',
    value: secretText,
    example: '/run/secrets/monitor_token',
    default: undefined,
  },
  trustedProxies: {
    about: 'Reverse proxies in front of the status page; X-Forwarded-For and Forwarded are trusted only from them.',
    variable: 'MONITOR_TRUSTED_PROXIES',
    value: networks,
    example: '10.0.0.0/8,192.168.1.7',
    default: undefined,
  },
  traceLink: {
    about:
      'Address at which a trace opens in a browser, with {trace_id} in place of its id, or the address of a Grafana whose data source of traces has the uid "traces". The status page and messages about alerts link to it.',
    variable: 'TRACE_LINK',
    generalVariable: 'GRAFANA_URL',
    value: traceLink,
    example: 'https://jaeger.example.com/trace/{trace_id}',
    default: undefined,
  },
}
