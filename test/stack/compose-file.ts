import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { parse } from 'yaml'

/** The root of the repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** What the tests read of a service. */
export interface Service {
  readonly image: string
  readonly build?: { readonly target: string }
  readonly user?: string
  readonly read_only?: boolean
  readonly init?: boolean
  readonly privileged?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly mem_limit?: string
  readonly cpus?: number
  readonly pids_limit?: number
  readonly stop_grace_period?: string
  readonly restart?: string
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> }
  readonly healthcheck?: { readonly test: readonly string[]; readonly start_period: string }
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>
  readonly network_mode?: string
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly env_file?: unknown
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly tmpfs?: readonly string[]
}

/** What the tests read of docker-compose.production.yml. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<
    Record<string, { readonly internal?: boolean; readonly driver_opts?: Readonly<Record<string, string>> }>
  >
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

/** The names of a service's networks. */
export function networksOf({ networks = [] }: Service): readonly string[] {
  return Array.isArray(networks) ? (networks as readonly string[]) : Object.keys(networks)
}

/** docker-compose.production.yml as it stands, `${...}` unfilled. */
export function composeFile(): ComposeFile {
  return parse(readFileSync(`${root}docker-compose.production.yml`, 'utf8'), { merge: true }) as ComposeFile
}
