export { variablesTable } from './documented-setting.ts'
export { type PrometheusLogin, prometheusLogin } from './prometheus-login.ts'
export { type Origin, readVariables, type Setting, type Settings } from './setting.ts'
export {
  decimal,
  host,
  httpUrl,
  networks,
  oneLine,
  oneOf,
  openUrl,
  port,
  readable,
  secret,
  secretUrl,
  type ValueRule,
  wholeNumber,
} from '../value-rule.ts'
