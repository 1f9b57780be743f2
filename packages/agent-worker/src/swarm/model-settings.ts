import type { Problem, Secret, VariableReader } from '@swarmwatch/config'
import { oneLine, readable, readVariables, secret, type Settings } from '@swarmwatch/config/settings'

import type { ChatModelSettings } from './chat-model.ts'

/** The model that the agents use. */
export interface ModelSettings {
  /** Undefined for the scripted model. */
  readonly realModel: ChatModelSettings | undefined
}

interface ModelVariables {
  readonly apiKey: Secret | undefined
  readonly baseUrl: string
  readonly model: string
}

const realModel: Settings<ModelVariables> = {
  apiKey: {
    about: 'Key of an OpenAI-compatible model. Without it, the scripted model answers.',
    variable: 'OPENAI_API_KEY',
    // an HTTP client would repeat a key that a header cannot carry in its error message
    value: secret('must be ASCII without spaces', (text) => !/[^!-~]/.test(text)),
    default: undefined,
  },
  baseUrl: {
    about: 'Address of its API.',
    variable: 'OPENAI_BASE_URL',
    // an invalid address is not shown, since it may contain a password
    value: readable('must be an http or https address without user name and password', readBaseUrl, true),
    orFile: false,
    default: 'https://api.openai.com/v1',
  },
  model: { about: 'Name of the model.', variable: 'OPENAI_MODEL', value: oneLine, default: 'gpt-4.1-mini' },
}

/** Reads the variables of the model; without `OPENAI_API_KEY`, those of a real model are not read. */
export function readModelSettings(variables: VariableReader, problems: Problem[]): ModelSettings {
  if (variables.orFile('OPENAI_API_KEY') === undefined) return { realModel: undefined }
  const { apiKey, baseUrl, model } = readVariables(realModel, variables, problems).values
  return { realModel: apiKey && { apiKey: apiKey.reveal(), baseUrl, model } }
}

function readBaseUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  return text.replace(/\/+$/, '')
}
