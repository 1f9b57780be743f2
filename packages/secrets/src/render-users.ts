import { compareSync, hashSync } from 'bcryptjs'

import { renderTemplate } from './render-template.ts'

// A client logs in with every request, and the server remembers the answer: more rounds only cost the first request
const rounds = 10

/** The file of users of Prometheus or Alertmanager; the hash in `present` is kept while it fits the password. */
export function renderUsers(template: string, password: string, present: string | undefined): string {
  const known = /\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/.exec(present ?? '')?.[0]
  const hash = known !== undefined && compareSync(password, known) ? known : hashSync(password, rounds)
  return renderTemplate(template, { PASSWORD_BCRYPT: hash })
}

/** User and password as HTTP basic authentication sends them. */
export function basicAuth(password: string): string {
  return Buffer.from(`swarmwatch:${password}`).toString('base64')
}
