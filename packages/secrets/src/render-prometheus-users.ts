import { compareSync, hashSync } from 'bcryptjs'

import { renderTemplate } from './render-template.ts'

// The Collector logs in with every push, and Prometheus remembers the answer: more rounds cost nothing but the first
const rounds = 10

/** Prometheus' file of users; the one that is there stays while its hash fits the password. */
export function renderPrometheusUsers(template: string, password: string, present: string | undefined): string {
  const known = /\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/.exec(present ?? '')?.[0]
  const hash = known !== undefined && compareSync(password, known) ? known : hashSync(password, rounds)
  return renderTemplate(template, { PROMETHEUS_PASSWORD_BCRYPT: hash })
}

/** What the Collector sends: user and password as HTTP Basic wants them. */
export function basicAuth(password: string): string {
  return Buffer.from(`swarmwatch:${password}`).toString('base64')
}
