import type { Problem } from '@swarmwatch/config'

import { type ModelSettings, readModelSettings } from '../settings/model-settings.ts'
import { type Environment, openSettingReader } from '../settings/setting-reader.ts'

/** What the environment asks of the demo. */
export interface DemoSettings extends ModelSettings {
  /** Ends by itself after so long; undefined runs until it is stopped. */
  readonly seconds: number | undefined
  /** The same seed gives the same tasks and faults. */
  readonly seed: number
}

/** The settings, or one line for each variable that is wrong. */
export type ParsedSettings =
  | { readonly ok: true; readonly settings: DemoSettings }
  | { readonly ok: false; readonly problems: string[] }

const day = 86_400

/** Reads `DEMO_SECONDS`, `DEMO_SEED` (@default 1) and the settings of the model. An empty variable is an unset one. */
export function parseDemoSettings(env: Environment): ParsedSettings {
  const reader = openSettingReader(env)
  const { problems, text } = reader
  const [secondsText, seedText] = [text('DEMO_SECONDS'), text('DEMO_SEED')]
  const seconds = secondsText === undefined ? undefined : Number(secondsText)
  const seed = Number(seedText ?? 1)
  if (seconds !== undefined && !(seconds > 0 && seconds <= day)) {
    const rule = `must be a number of seconds above 0, at most ${day}`
    problems.push({ path: 'DEMO_SECONDS', rule, value: shown(secondsText) })
  }
  if (!Number.isSafeInteger(seed)) problems.push({ path: 'DEMO_SEED', rule: 'must be an integer', value: shown(seedText) })
  const model = readModelSettings(reader)
  return problems.length > 0 ? { ok: false, problems: problems.map(line) } : { ok: true, settings: { seconds, seed, ...model } }
}

function line({ path, rule, value }: Problem): string {
  return `${path} ${rule}${value === undefined ? '' : `, got ${value}`}`
}

// Cut, and ASCII whatever was typed
const shown = (text: string | undefined): string => JSON.stringify(text?.slice(0, 40)).replaceAll(/[^\x20-\x7e]/g, '?')
