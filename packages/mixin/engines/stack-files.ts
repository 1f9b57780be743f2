import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { basicAuth, renderAlertmanager, renderUsers } from '@swarmwatch/secrets'
import { repositoryRoot } from '@swarmwatch/testkit'

/** The root of the repository. */
export const root: string = repositoryRoot

/** Password of Prometheus and of Alertmanager in the tests. */
export const enginePassword = 'test-password'

/** The tokens of the tests. */
export const otlpToken = 'test-otlp-token-1234567890'
export const bridgeToken = 'test-bridge-token-1234567890'
export const advisorToken = 'test-advisor-token-1234567890'

/**
 * A folder that programs in containers can read, with a copy of `collector/` and of what `pnpm
 * secrets` makes.
 */
export interface StackFiles {
  readonly folder: string
  readonly collector: string
  readonly secrets: string
}

/**
 * Lays out configuration and secrets as the compose stack mounts them. Remove `folder` afterwards.
 */
export function layOutStack(): StackFiles {
  const folder = mkdtempSync(join(tmpdir(), 'stack-'))
  chmodSync(folder, 0o755)
  const collector = join(folder, 'collector')
  const secrets = join(folder, 'secrets')
  cpSync(join(root, 'collector'), collector, { recursive: true })
  mkdirSync(secrets)
  const files: Record<string, string> = {
    otlp_token: otlpToken,
    bridge_token: bridgeToken,
    alert_email_password: 'test-mail-password',
    prometheus_password: enginePassword,
    alertmanager_password: enginePassword,
    advisor_token: advisorToken,
    prometheus_basic_auth: basicAuth(enginePassword),
    'prometheus_web.yaml': renderUsers(template('web.template.yaml'), enginePassword, undefined),
    'alertmanager_web.yaml': renderUsers(template('web.template.yaml'), enginePassword, undefined),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(secrets, name), text)
  writeFileSync(join(collector, 'alertmanager/alertmanager.yml'), alertmanagerFile())
  return { folder, collector, secrets }
}

/** Alertmanager's configuration as `pnpm secrets` renders it. */
export function alertmanagerFile(): string {
  return renderAlertmanager(template('alertmanager/alertmanager.template.yaml'), [
    {
      type: 'email',
      name: 'email',
      recipients: ['ops@ours.test'],
      host: 'smtp.test',
      port: 587,
      user: 'swarm',
      password: undefined,
      from: 'swarm@ours.test',
      severities: ['critical', 'warning', 'info'],
      fallback: false,
      quietHours: undefined,
    },
  ])
}

function template(path: string): string {
  return readFileSync(join(root, 'collector', path), 'utf8')
}
