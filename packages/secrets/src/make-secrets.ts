import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ConfigurationError, loadConfiguration, type AlertChannel, type Problem } from '@swarmwatch/config'

import { readComposeEnvironment } from './compose-environment.ts'
import { linkEnvironment } from './link-environment.ts'
import { mailServerOf, renderAlertmanager } from './render-alertmanager.ts'
import { basicAuth, renderUsers } from './render-users.ts'
import { openSecretFolder, type SecretFolder } from './secret-folder.ts'
import { givenSecrets, randomSecrets } from './secret-names.ts'

/** What became of a file of `.secrets/`. */
export interface MadeSecret {
  readonly name: string
  /** `empty` means unset: what it belongs to is off. */
  readonly state: 'made' | 'kept' | 'taken' | 'empty' | 'rendered'
}

/** What {@link makeSecrets} takes from its surroundings. */
export interface SecretOptions {
  /** Variables of the shell; they override `.env.production`, as they do for Compose. @default process.env */
  readonly shell?: Readonly<Record<string, string | undefined>>
  /** Makes a symbolic link, or throws. @default symlinkSync */
  readonly makeLink?: (target: string, path: string) => void
  /** Receives what the operator should know, one line each. @default nothing is printed */
  readonly notify?: (line: string) => void
}

/**
 * Makes `.secrets/` below `root` from `.env.production`, and the link `.env`. An existing secret is never overwritten; rendered files are
 * rendered again each time. No secret is written if something is wrong.
 * @throws ConfigurationError with every problem there is
 */
export function makeSecrets(root: string, options: SecretOptions = {}): readonly MadeSecret[] {
  const { shell = process.env, makeLink, notify = () => {} } = options
  const env = readEnvironmentFile(join(root, '.env.production'), shell, notify)
  const problems: Problem[] = []
  const folder = openSecretFolder(join(root, '.secrets'))
  const given = readGiven(env, folder, problems)
  const channels = readChannels(root, { ...env, ...given }, problems)
  const { kind, problem } = linkEnvironment(root, makeLink)
  if (problem !== undefined) problems.push({ path: '.env', rule: problem })
  if (kind === 'copy')
    notify('.env is a copy of .env.production, because links are not allowed here: run pnpm secrets after each change')
  if (problems.length > 0) throw new ConfigurationError(problems)

  const made: MadeSecret[] = randomSecrets.map((name) => {
    if (folder.read(name)) return { name, state: 'kept' }
    folder.write(name, randomBytes(32).toString('base64url'))
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

function readEnvironmentFile(
  path: string,
  shell: Readonly<Record<string, string | undefined>>,
  notify: (line: string) => void,
): Readonly<Record<string, string>> {
  if (!existsSync(path)) {
    throw new ConfigurationError([{ path: '.env.production', rule: 'is not there; copy .env.production.example to it first' }])
  }
  const text = readFileSync(path, 'utf8')
  const values = readComposeEnvironment(text, shell)
  const overridden = Object.keys(values).filter((name) => shell[name] !== undefined)
  if (overridden.length > 0) {
    notify(`variables of this shell override .env.production, for docker compose as well: ${overridden.join(', ')}`)
  }
  return values
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
  const users = (password: string, rendered: string): string =>
    renderUsers(template('web.template.yaml'), folder.read(password) ?? '', folder.read(rendered))
  const rendered: Readonly<Record<string, string>> = {
    prometheus_basic_auth: basicAuth(folder.read('prometheus_password') ?? ''),
    'prometheus_web.yaml': users('prometheus_password', 'prometheus_web.yaml'),
    'alertmanager_web.yaml': users('alertmanager_password', 'alertmanager_web.yaml'),
    alert_email_ca: mailServerOf(channels)?.ca ?? '',
    'alertmanager.yml': renderAlertmanager(template('alertmanager/alertmanager.template.yaml'), channels),
  }
  return Object.entries(rendered).map(([name, text]) => {
    folder.write(name, text)
    return { name, state: 'rendered' }
  })
}
