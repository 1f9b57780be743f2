import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { channelSecrets, ConfigurationError, loadConfiguration, type AlertChannel, type Problem } from '@swarmwatch/config'

import { linkEnvironment, readComposeEnvironment } from './compose-environment.ts'
import { basicAuth, mailServerOf, renderAlertmanager, renderUsers } from './rendered-files.ts'

/** Random secrets: 32 bytes, written as 43 characters that need no escaping anywhere. */
const randomSecrets = [
  'otlp_token',
  'bridge_token',
  'worker_token',
  'advisor_token',
  'prometheus_password',
  'alertmanager_password',
  'grafana_admin_password',
  'postgres_password',
  'bridge_database_password',
  'worker_database_password',
] as const

/** Random secrets that are made only with the setting that needs them. Without it, the file is empty, which means unset. */
const neededSecrets: Readonly<Record<string, string>> = {
  bridge_heartbeat_token: 'BRIDGE_WATCHED_PEERS',
  bridge_link_secret: 'BRIDGE_PUBLIC_URL',
  bridge_oncall_token: 'BRIDGE_PUBLIC_URL',
}

/** Secrets that only the operator knows, and the variable of the environment file that may contain each. An empty file means unset. */
const givenSecrets: Readonly<Record<string, string>> = {
  ...channelSecrets,
  heartbeat_url: 'HEARTBEAT_URL',
  bridge_heartbeat_targets: 'BRIDGE_HEARTBEAT_TARGETS',
  bridge_proxy: 'BRIDGE_PROXY',
  alert_slack_signing_secret: 'ALERT_SLACK_SIGNING_SECRET',
  openai_api_key: 'OPENAI_API_KEY',
}

/** The state of a file of `.secrets/`. */
export interface MadeSecret {
  readonly name: string
  /** `empty` means unset: the feature that needs it is off. */
  readonly state: 'made' | 'kept' | 'taken' | 'empty' | 'rendered'
}

/** Options for {@link makeSecrets}. */
export interface SecretOptions {
  /** Variables of the shell; they override `.env.production`, as they do for Compose. @default process.env */
  readonly shell?: Readonly<Record<string, string | undefined>>
  /** Makes a symbolic link, or throws. @default symlinkSync */
  readonly makeLink?: (target: string, path: string) => void
  /** Receives notices for the operator, one line each. @default nothing is printed */
  readonly notify?: (line: string) => void
  /** The command that makes the secrets, for messages. @default 'pnpm secrets' */
  readonly command?: string
}

/**
 * Makes `.secrets/` below `root` from `.env.production`, and the link `.env`. An existing secret is never overwritten; rendered files are
 * rendered again each time. No secret is written if something is wrong.
 * @throws ConfigurationError with every problem there is
 */
export function makeSecrets(root: string, options: SecretOptions = {}): readonly MadeSecret[] {
  const { shell = process.env, makeLink, notify = () => {}, command = 'pnpm secrets' } = options
  const env = readEnvironmentFile(join(root, '.env.production'), shell, notify)
  const problems: Problem[] = []
  const folder = openSecretFolder(join(root, '.secrets'))
  const given = readGiven(env, folder, problems)
  const channels = readChannels(root, { ...env, ...given }, problems)
  const { kind, problem } = linkEnvironment(root, { makeLink, command })
  if (problem !== undefined) problems.push({ path: '.env', rule: problem })
  if (kind === 'copy')
    notify(`.env is a copy of .env.production, because links are not allowed here: run ${command} after each change`)
  if (problems.length > 0) throw new ConfigurationError(problems)

  const made: MadeSecret[] = randomSecrets.map((name) => {
    if (folder.read(name)) return { name, state: 'kept' }
    folder.write(name, randomBytes(32).toString('base64url'))
    return { name, state: 'made' }
  })
  for (const [name, variable] of Object.entries(neededSecrets)) {
    const present = folder.read(name)
    const isMade = !present && Boolean(env[variable])
    if (isMade || present === undefined) folder.write(name, isMade ? randomBytes(32).toString('base64url') : '')
    made.push({ name, state: present ? 'kept' : isMade ? 'made' : 'empty' })
  }
  for (const [name, variable] of Object.entries(givenSecrets)) {
    const present = folder.read(name)
    const value = given[variable]
    if (present === undefined || (present === '' && value !== undefined)) folder.write(name, value ?? '')
    made.push({ name, state: value === undefined ? 'empty' : present ? 'kept' : 'taken' })
  }
  made.push(...render(root, folder, channels))
  if (folder.changed.length > 0) {
    notify(
      `changed or made again: ${folder.changed.join(', ')}. Running services read changes after "up --force-recreate SERVICE" (docs/operations.md, Secrets)`,
    )
  }
  return made
}

function readEnvironmentFile(
  path: string,
  shell: Readonly<Record<string, string | undefined>>,
  notify: (line: string) => void,
): Readonly<Record<string, string>> {
  if (!existsSync(path)) {
    throw new ConfigurationError([{ path: '.env.production', rule: 'is missing; copy .env.production.example to it first' }])
  }
  const text = readFileSync(path, 'utf8')
  const values = readComposeEnvironment(text, shell)
  const overridden = Object.keys(values).filter((name) => shell[name] !== undefined)
  if (overridden.length > 0) {
    notify(`variables of this shell override .env.production, for docker compose as well: ${overridden.join(', ')}`)
  }
  return values
}

/** The secrets of the operator, by variable: from their files, otherwise from the environment file. */
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

/** The channels of the bridge. Reading them also checks the settings that the programs of the stack read. */
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
  // The server of docker-compose.scale.yml, unless the operator has written the URL of another one
  const database = (user: string): string => {
    const server = '@postgres:5432/'
    const present = folder.read(`${user}_database_url`)
    if (present && !present.includes(server)) return present
    return `postgres://${user}:${folder.read(`${user}_database_password`) ?? ''}${server}${user}`
  }
  const alertmanager = (host: string): string => `http://swarmwatch:${folder.read('alertmanager_password') ?? ''}@${host}:9093`
  const rendered: Readonly<Record<string, string>> = {
    bridge_database_url: database('bridge'),
    worker_database_url: database('worker'),
    alertmanager_url: alertmanager('alertmanager'),
    alertmanager_cluster_url: ['alertmanager', 'alertmanager-b'].map(alertmanager).join(','),
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

/** The folder of secret files. Only its owner can enter it (0700); the files in it can be read by any user (0444), which containers need. */
interface SecretFolder {
  /** The content of a file without the line end, or undefined if there is no such file. */
  read(name: string): string | undefined
  /** Writes a file; in place, because a running container has the file open and does not see a new file of the same name. */
  write(name: string, text: string): void
  /** Names of the files that have another content now or were missing; none if these are the first secrets of the folder. */
  readonly changed: readonly string[]
}

/** Opens the folder and creates it if necessary. Throws the errors of the file system. */
function openSecretFolder(folder: string): SecretFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const hasSecrets = randomSecrets.some((name) => existsSync(join(folder, name)))
  const changed: string[] = []
  return {
    changed,
    read(name) {
      const path = join(folder, name)
      return existsSync(path) ? readFileSync(path, 'utf8').replace(/[\r\n]+$/, '') : undefined
    },
    write(name, text) {
      const path = join(folder, name)
      const isThere = existsSync(path)
      if (isThere ? readFileSync(path, 'utf8') !== text : hasSecrets) changed.push(name)
      if (isThere) chmodSync(path, 0o644)
      writeFileSync(path, text)
      chmodSync(path, 0o444)
    },
  }
}
