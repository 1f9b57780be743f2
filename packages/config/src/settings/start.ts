import { onOff } from '../value-rule.ts'
import type { Settings } from './setting.ts'

/** How a process starts and ends. These settings are in no group. */
export interface StartSettings {
  /** Whether `register` ends the program on a problem; `SWARMWATCH_STRICT`. @default false */
  readonly strict: boolean
  /** Whether signals export what is left before they end the process; `SWARMWATCH_HANDLE_SIGNALS`. @default undefined: the program decides */
  readonly handleSignals: boolean | undefined
}

/** Definitions of {@link StartSettings}. */
export const startSettings: Settings<StartSettings> = {
  strict: {
    about: 'Whether @swarmwatch/node/register ends the program when something is wrong with the settings.',
    variable: 'SWARMWATCH_STRICT',
    value: onOff,
    default: false,
  },
  handleSignals: {
    about:
      'Whether SIGTERM, SIGINT and SIGHUP export what is left before they end the process; with @swarmwatch/node/register they do.',
    variable: 'SWARMWATCH_HANDLE_SIGNALS',
    value: onOff,
    default: undefined,
  },
}
