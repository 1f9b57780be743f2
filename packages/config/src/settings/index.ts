export { readVariables, type Setting, type Settings } from './setting.ts'
export { decimal, host, oneLine, port, readable, secret, secretUrl, type ValueRule, wholeNumber } from '../value-rule.ts'
