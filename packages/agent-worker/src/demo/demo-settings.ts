import { type ChatModelSettings, realModelSettings } from '../chat-model.ts'

/** What the environment asks of the demo. */
export interface DemoSettings {
  /** Ends by itself after so long; undefined runs until it is stopped. */
  readonly seconds: number | undefined
  /** The same seed gives the same tasks and faults. */
  readonly seed: number
  /** Undefined for the scripted model. */
  readonly realModel: ChatModelSettings | undefined
  /** Another price table than the package's. */
  readonly pricesFile: string | undefined
}

/** The settings, or one line for each variable that is wrong. */
export type ParsedSettings =
  | { readonly ok: true; readonly settings: DemoSettings }
  | { readonly ok: false; readonly problems: string[] }

const day = 86_400

/**
 * Reads `DEMO_SECONDS`, `DEMO_SEED` (@default 1), `SWARM_PRICES`, `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL`. An empty
 * variable is an unset one.
 */
export function parseDemoSettings(env: Readonly<Record<string, string | undefined>>): ParsedSettings {
  const seconds = numberIn(env, 'DEMO_SECONDS')
  const seed = numberIn(env, 'DEMO_SEED')
  const realModel = realModelSettings(env)
  const problems: string[] = []
  if (seconds !== undefined && !(seconds > 0 && seconds <= day)) {
    problems.push(`DEMO_SECONDS must be a number of seconds above 0, at most ${day}, got ${shown(env['DEMO_SECONDS'])}`)
  }
  if (seed !== undefined && !Number.isSafeInteger(seed))
    problems.push(`DEMO_SEED must be an integer, got ${shown(env['DEMO_SEED'])}`)
  // The address is not repeated: it may hold a password
  if (realModel && !/^https?:$/.test(URL.parse(realModel.baseUrl)?.protocol ?? ''))
    problems.push('OPENAI_BASE_URL must be an http or https address')
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, settings: { seconds, seed: seed ?? 1, realModel, pricesFile: env['SWARM_PRICES'] || undefined } }
}

function numberIn(env: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = env[name]?.trim()
  return text ? Number(text) : undefined
}

// Cut, and ASCII whatever was typed
const shown = (text: string | undefined): string => JSON.stringify(text?.slice(0, 40)).replaceAll(/[^\x20-\x7e]/g, '?')
