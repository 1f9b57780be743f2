import { readFileSync } from 'node:fs'

import { type Environment, openVariables, type Problem, problemText } from '@swarmwatch/config'
import { readable, readVariables, type Settings } from '@swarmwatch/config/settings'

import { type ModelSettings, readModelSettings } from '../swarm/index.ts'

/** The settings of the demo. */
export interface DemoSettings extends ModelSettings {
  /** The demo ends by itself after this time; undefined runs until it is stopped. */
  readonly seconds: number | undefined
  /** The same seed produces the same tasks and faults. */
  readonly seed: number
}

/** The settings, or one line for each invalid variable. */
export type ParsedSettings =
  | { readonly ok: true; readonly settings: DemoSettings }
  | { readonly ok: false; readonly problems: string[] }

const day = 86_400

const definitions: Settings<Omit<DemoSettings, keyof ModelSettings>> = {
  seconds: {
    about: 'Seconds after which the demo ends by itself.',
    variable: 'DEMO_SECONDS',
    value: readable(`must be a number of seconds above 0, at most ${day}`, (text) =>
      Number(text) > 0 && Number(text) <= day ? Number(text) : undefined,
    ),
    default: undefined,
  },
  seed: {
    about: 'The same seed produces the same tasks and faults.',
    variable: 'DEMO_SEED',
    value: readable('must be an integer', (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : undefined)),
    default: 1,
  },
}

/** Reads `DEMO_SECONDS`, `DEMO_SEED` and the settings of the model. An empty variable counts as unset. */
export function parseDemoSettings(env: Environment): ParsedSettings {
  const problems: Problem[] = []
  const variables = openVariables(env, (path) => readFileSync(path, 'utf8'), problems, { trims: true })
  const settings = { ...readVariables(definitions, variables, problems).values, ...readModelSettings(variables, problems) }
  return problems.length > 0 ? { ok: false, problems: problems.map(problemText) } : { ok: true, settings }
}
