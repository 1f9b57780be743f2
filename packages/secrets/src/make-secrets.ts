import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

import { ConfigurationError, loadConfiguration, type AlertChannel, type Problem } from '@swarmwatch/config'

import { linkEnvironment } from './link-environment.ts'
import { renderAlertmanager } from './render-alertmanager.ts'
import { basicAuth, renderPrometheusUsers } from './render-prometheus-users.ts'
import { openSecretFolder, type SecretFolder } from './secret-folder.ts'
import { givenSecrets, randomSecrets } from './secret-names.ts'

/** What became of a file of `.secrets/`. */
export interface MadeSecret {
  readonly name: string
  /** `empty` means unset: what it belongs to is off. */
  readonly state: 'made' | 'kept' | 'taken' | 'empty' | 'rendered'
}

/**
 * Makes `.secrets/` below `root` from `.env.production`, and the link `.env`. A secret that is there is never overwritten; what is
 * rendered is made anew each time. Nothing is written when something is wrong.
 * @throws ConfigurationError with every problem there is
 */
export function makeSecrets(root: string, random: () => string = randomSecret): readonly MadeSecret[] {
  const env = readEnvironmentFile(join(root, '.env.production'))
  const problems: Problem[] = []
  const folder = openSecretFolder(join(root, '.secrets'))
  const given = readGiven(env, folder, problems)
  const channels = readChannels(root, { ...env, ...given }, problems)
  const linkProblem = linkEnvironment(root)
  if (linkProblem !== undefined) problems.push({ path: '.env', rule: linkProblem })
  if (problems.length > 0) throw new ConfigurationError(problems)

  const made: MadeSecret[] = randomSecrets.map((name) => {
    if (folder.read(name)) return { name, state: 'kept' }
    folder.write(name, random())
    return { name, state: 'made' }
  })
  for (const [name, variable] of Object.entries(givenSecrets)) {
    const present = folder.read(name)
    const value = given[variable]
    if (present === undefined || (present === '' && value !== undefined)) folder.write(name, value ?? '')
    made.push({ name, state: value === undefined ? 'empty' : present ? 'kept' : 'taken' })
  }
  return [...made, ...render(root, folder, channels)]
}

function readEnvironmentFile(path: string): Readonly<Record<string, string>> {
  if (!existsSync(path)) {
    throw new ConfigurationError([{ path: '.env.production', rule: 'is not there; copy .env.production.example to it first' }])
  }
  return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>
}

/** What only the operator knows, by variable: from its file, or else from the environment file. */
function readGiven(
  env: Readonly<Record<string, string>>,
  folder: SecretFolder,
  problems: Problem[],
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(givenSecrets).map(([name, variable]) => {
      const [inFile, inEnvironment] = [folder.read(name) || undefined, env[variable] || undefined]
      if (inFile !== undefined && inEnvironment !== undefined && inFile !== inEnvironment) {
        problems.push({
          path: variable,
          rule: `differs from .secrets/${name}, which is never overwritten; remove the one that is out of date`,
          value: '***',
        })
      }
      return [variable, inFile ?? inEnvironment]
    }),
  )
}

/** The channels that the bridge will have; reading them checks the settings that the stack's own programs read. */
function readChannels(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): readonly AlertChannel[] {
  try {
    return loadConfiguration({ env, cwd: root }).alerts.channels
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    problems.push(...error.problems)
    return []
  }
}

function render(root: string, folder: SecretFolder, channels: readonly AlertChannel[]): readonly MadeSecret[] {
  const template = (path: string): string => readFileSync(join(root, 'collector', path), 'utf8')
  const password = folder.read('prometheus_password') ?? ''
  const users = renderPrometheusUsers(template('prometheus/web.template.yaml'), password, folder.read('prometheus_web.yaml'))
  const rendered: Readonly<Record<string, string>> = {
    prometheus_basic_auth: basicAuth(password),
    'prometheus_web.yaml': users,
    'alertmanager.yml': renderAlertmanager(template('alertmanager/alertmanager.template.yaml'), channels),
  }
  return Object.entries(rendered).map(([name, text]) => {
    folder.write(name, text)
    return { name, state: 'rendered' }
  })
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}
