import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The root of the repository. */
export const root: string = resolve(import.meta.dirname, '../../../..')

/** User and password of Prometheus in the tests, and the password's bcrypt hash. */
export const prometheusPassword = 'test-password'
const passwordHash = '$2b$05$abcdefghijklmnopqrstuu34chBxBG/k9ApCErH1wl/WrV4FVTS/q'

/** The tokens of the tests. */
export const otlpToken = 'test-otlp-token-1234567890'
export const bridgeToken = 'test-bridge-token-1234567890'

/** A folder that programs in containers can read, with a copy of `collector/` and of what `pnpm secrets` makes. */
export interface StackFiles {
  readonly folder: string
  readonly collector: string
  readonly secrets: string
}

/** Lays out configuration and secrets as the compose stack mounts them. Remove `folder` afterwards. */
export function layOutStack(): StackFiles {
  const folder = mkdtempSync(join(tmpdir(), 'stack-'))
  chmodSync(folder, 0o755)
  const collector = join(folder, 'collector')
  const secrets = join(folder, 'secrets')
  cpSync(join(root, 'collector'), collector, { recursive: true })
  mkdirSync(secrets)
  const basic = Buffer.from(`swarmwatch:${prometheusPassword}`).toString('base64')
  const files: Record<string, string> = {
    otlp_token: otlpToken,
    bridge_token: bridgeToken,
    alert_email_password: 'test-mail-password',
    prometheus_password: prometheusPassword,
    prometheus_basic_auth: basic,
    'prometheus_web.yaml': rendered('prometheus/web.template.yaml', { PROMETHEUS_PASSWORD_BCRYPT: passwordHash }),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(secrets, name), text)
  writeFileSync(join(collector, 'alertmanager/alertmanager.yml'), alertmanagerFile())
  return { folder, collector, secrets }
}

/** Alertmanager's configuration as `pnpm secrets` renders it. */
export function alertmanagerFile(): string {
  return rendered('alertmanager/alertmanager.template.yaml', {
    ALERT_EMAIL_HOST: 'smtp.test',
    ALERT_EMAIL_PORT: '587',
    ALERT_EMAIL_FROM: 'swarm@ours.test',
    ALERT_EMAIL_TO: 'ops@ours.test',
    ALERT_EMAIL_USER: 'swarm',
    ALERT_EMAIL_REQUIRE_TLS: 'true',
  })
}

function rendered(path: string, values: Readonly<Record<string, string>>): string {
  return readFileSync(join(root, 'collector', path), 'utf8').replaceAll(/^(?! *#)(.*)$/gm, (line) =>
    line.replaceAll(/\$\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder),
  )
}
