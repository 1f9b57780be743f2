import type { Secret } from '../secret.ts'
import { oneLine, secret } from '../value-rule.ts'
import type { Settings } from './setting.ts'

/** Login at the query API of a Prometheus, or of a store that is compatible with it. */
export interface PrometheusLogin {
  readonly prometheusToken: Secret | undefined
  readonly prometheusUser: string | undefined
  readonly prometheusPassword: Secret | undefined
  readonly prometheusTenant: string | undefined
}

/** The definitions of these settings, for each program that reads from Prometheus. */
export const prometheusLogin: Settings<PrometheusLogin> = {
  prometheusToken: {
    about: 'Bearer token for it.',
    variable: 'PROMETHEUS_TOKEN',
    value: secret('must be ASCII without spaces, on one line', (text) => /^[!-~]+$/.test(text)),
    default: undefined,
  },
  prometheusUser: { about: 'User for basic authentication.', variable: 'PROMETHEUS_USER', value: oneLine, default: undefined },
  prometheusPassword: {
    about: 'Password of that user.',
    variable: 'PROMETHEUS_PASSWORD',
    value: secret('must be one line of text', (text) => !/[\r\n]/.test(text)),
    default: undefined,
  },
  prometheusTenant: {
    about: 'Tenant of Mimir, sent as `X-Scope-OrgID`.',
    variable: 'PROMETHEUS_TENANT',
    value: oneLine,
    default: undefined,
  },
}
