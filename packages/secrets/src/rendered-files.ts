import { domainToASCII } from 'node:url'

import { compareSync, hashSync } from 'bcryptjs'

import {
  hostAndPort,
  isMailChannel,
  readMailbox,
  writeMailbox,
  type AlertChannel,
  type EmailChannel,
  type Mailbox,
} from '@swarmwatch/config'

/** Where Alertmanager's container has the certificates of `ALERT_EMAIL_CA`. */
const caFile = '/run/secrets/alert_email_ca'
const submissionOverTls = 465

/** Alertmanager's configuration: it mails the recipients of all mail channels. Without such a channel the mail receiver does nothing. */
export function renderAlertmanager(template: string, channels: readonly AlertChannel[]): string {
  const server = mailServerOf(channels)
  if (server === undefined) return template.replace(/^ *# mail begin\n[\s\S]*?# mail end\n/m, '')
  const recipients = new Set(channels.filter(isMailChannel).flatMap(({ recipients }) => recipients))
  const isTlsFromStart = server.implicitTls ?? server.port === submissionOverTls
  return renderTemplate(template, {
    ALERT_EMAIL_SMARTHOST: hostAndPort(server.host, server.port),
    ALERT_EMAIL_HELLO: server.hello ?? 'localhost',
    ALERT_EMAIL_USER: server.user ?? '',
    ALERT_EMAIL_FROM: addressText(server.from),
    ALERT_EMAIL_TO: [...recipients].map(addressText).join(', '),
    // with it Alertmanager sends STARTTLS also if TLS is on already, and gives up
    ALERT_EMAIL_REQUIRE_TLS: String(!isTlsFromStart && (server.requireTls ?? true)),
    ALERT_EMAIL_IMPLICIT_TLS: String(isTlsFromStart),
    ALERT_EMAIL_CA_FILE: server.ca === undefined ? '' : caFile,
    ALERT_EMAIL_TLS_SKIP_VERIFY: String(server.tlsSkipVerify ?? false),
  })
}

/** The first mail channel: all of them have the same server. */
export function mailServerOf(channels: readonly AlertChannel[]): EmailChannel | undefined {
  return channels.find(isMailChannel)
}

/**
 * An address as every mail server reads it, in a field that Alertmanager reads as a template: braces in a name are only braces.
 * Alertmanager would encode a header that is not ASCII as a whole, with the address in it.
 */
function addressText(text: string): string {
  const mailbox = readMailbox(text)
  return (mailbox === undefined ? text : asciiMailbox(mailbox)).replaceAll('{{', '{{ "{{" }}')
}

function asciiMailbox({ name, address }: Mailbox): string {
  const at = address.lastIndexOf('@') + 1
  const domain = address.slice(at)
  const ascii = `${address.slice(0, at)}${domainToASCII(domain) || domain}`
  return /^[ -~]*$/.test(name) ? writeMailbox({ name, address: ascii }) : `${encodedWords(name)} <${ascii}>`
}

/** Encoded words of RFC 2047: each has at most 75 characters, and no character is divided. */
function encodedWords(text: string): string {
  const words = ['']
  for (const character of text) {
    const longer = `${words.at(-1)}${character}`
    if (Buffer.byteLength(longer) <= 45) words[words.length - 1] = longer
    else words.push(character)
  }
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ')
}

// A client logs in with every request, and the server remembers the answer: more rounds only cost the first request
const rounds = 10

/** The file of users of Prometheus or Alertmanager; the hash in `present` is kept while it matches the password. */
export function renderUsers(template: string, password: string, present: string | undefined): string {
  const known = /\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/.exec(present ?? '')?.[0]
  const hash = known !== undefined && compareSync(password, known) ? known : hashSync(password, rounds)
  return renderTemplate(template, { PASSWORD_BCRYPT: hash })
}

/** User and password as HTTP basic authentication sends them. */
export function basicAuth(password: string): string {
  return Buffer.from(`swarmwatch:${password}`).toString('base64')
}

/** Puts values into a YAML template, where `${NAME}` is in single quotes. Comment lines are not changed; an unknown name throws. */
function renderTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/^(?! *#).*$/gm, (line) =>
    line.replaceAll(/\$\{(\w+)\}/g, (_placeholder, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`the template uses ${name}, which has no value`)
      return value.replaceAll("'", "''")
    }),
  )
}
