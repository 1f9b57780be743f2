import { channelSecrets } from '../src/index.ts'

/** Variables whose values must never be shown. */
export const secretVariables: readonly string[] = [
  'MONITOR_TOKEN',
  'SWARMWATCH_OTLP_TOKEN',
  'ALERTMANAGER_PASSWORD',
  ...Object.values(channelSecrets),
]
