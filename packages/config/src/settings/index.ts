export { readVariables, type Setting, type Settings } from './setting.ts'
export {
  host,
  oneLine,
  oneOf,
  openUrl,
  port,
  positive,
  readable,
  secret,
  secretUrl,
  type ValueRule,
  wholeNumber,
} from '../value-rule.ts'
