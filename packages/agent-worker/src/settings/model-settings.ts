import type { ChatModelSettings } from '../swarm/index.ts'
import type { SettingReader } from './setting-reader.ts'

/** Which model the agents ask, and what it costs. */
export interface ModelSettings {
  /** Undefined for the scripted model. */
  readonly realModel: ChatModelSettings | undefined
  /** Another price table than the package's. */
  readonly pricesFile: string | undefined
}

/**
 * Reads `OPENAI_API_KEY` (or `OPENAI_API_KEY_FILE`), without which the scripted model is asked, `OPENAI_BASE_URL`
 * (@default https://api.openai.com/v1), `OPENAI_MODEL` (@default gpt-4.1-mini) and `SWARM_PRICES`.
 */
export function readModelSettings({ text, secret, problems }: SettingReader): ModelSettings {
  const pricesFile = text('SWARM_PRICES')
  const apiKey = secret('OPENAI_API_KEY')
  if (apiKey === undefined) return { realModel: undefined, pricesFile }
  // A key that no header can carry would come back in the error's message
  if (/[^!-~]/.test(apiKey)) problems.push({ path: 'OPENAI_API_KEY', rule: 'must be ASCII without blanks', value: '***' })
  const baseUrl = (text('OPENAI_BASE_URL') ?? 'https://api.openai.com/v1').replace(/\/+$/, '')
  const url = URL.parse(baseUrl)
  // The address is not repeated: it may hold a password
  if (!/^https?:$/.test(url?.protocol ?? '')) problems.push({ path: 'OPENAI_BASE_URL', rule: 'must be an http or https address' })
  else if (url?.username || url?.password)
    problems.push({ path: 'OPENAI_BASE_URL', rule: 'must hold no user name and no password' })
  return { realModel: { apiKey, baseUrl, model: text('OPENAI_MODEL') ?? 'gpt-4.1-mini' }, pricesFile }
}
