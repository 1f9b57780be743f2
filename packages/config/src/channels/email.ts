import { domainToASCII } from 'node:url'

import { readMailbox } from '../mail-address.ts'
import type { Secret } from '../secret.ts'
import {
  certificates,
  helloName,
  host,
  isMailAddress,
  mailAddress,
  mailAddresses,
  oneLine,
  onOff,
  port,
  secretText,
} from '../value-rule.ts'
import { allMissing, type AnyChannel, type ChannelBase, type ChannelDefinition } from './channel-definition.ts'

/** Mail by SMTP; the server comes from `ALERT_EMAIL_*`. */
export interface EmailChannel extends ChannelBase {
  readonly type: 'email'
  /** File: `recipients`; `ALERT_EMAIL_TO` (separated by commas) where the file has none. */
  readonly recipients: readonly string[]
  /** `ALERT_EMAIL_HOST`. */
  readonly host: string
  /** `ALERT_EMAIL_PORT`. @default 587 */
  readonly port: number
  /** `ALERT_EMAIL_USER`. @default none: no login */
  readonly user: string | undefined
  /** `ALERT_EMAIL_PASSWORD`. @default none */
  readonly password: Secret | undefined
  /** `ALERT_EMAIL_FROM`. @default `ALERT_EMAIL_USER` if that is an address, otherwise `swarmwatch@localhost` */
  readonly from: string
  /**
   * Whether mail is sent only over TLS. File: `require_tls`; `ALERT_EMAIL_REQUIRE_TLS` where the file has none.
   * @default undefined: true unless the server is this machine
   */
  readonly requireTls?: boolean | undefined
  /** Whether TLS begins with the first byte. `ALERT_EMAIL_IMPLICIT_TLS`. @default undefined: on port 465 */
  readonly implicitTls?: boolean | undefined
  /** Certificates (PEM) of the authorities that are trusted for the server. `ALERT_EMAIL_CA`. @default those that Node.js trusts */
  readonly ca?: string | undefined
  /** Whether any certificate is accepted. `ALERT_EMAIL_TLS_SKIP_VERIFY`. @default false */
  readonly tlsSkipVerify?: boolean | undefined
  /** Name to greet the server with (EHLO). `ALERT_EMAIL_HELLO`. @default the domain of `from` if it has a dot */
  readonly hello?: string | undefined
}

/** Mail by SMTP. */
export const email: ChannelDefinition<EmailChannel> = {
  type: 'email',
  title: 'mail',
  about: 'Mail by SMTP. ALERT_EMAIL_HOST and the variables after it configure the server.',
  examples: ['{ type: email, recipients: [on-call@example.com], require_tls: true }'],
  keys: {
    host: {
      value: host,
      variable: {
        name: 'ALERT_EMAIL_HOST',
        about: 'Mail server.',
        example: { comment: 'Mail server. Empty: no mail.' },
      },
    },
    port: {
      value: port,
      default: 587,
      variable: {
        name: 'ALERT_EMAIL_PORT',
        about: 'Port of the mail server.',
        example: {
          comment: 'Its port. Write an IPv6 address of the server above without the port, with or without brackets.',
          value: '587',
        },
      },
    },
    user: {
      value: oneLine,
      variable: {
        name: 'ALERT_EMAIL_USER',
        about: 'User name for the login. Without it, there is no login.',
        example: { comment: 'User name for the login. Empty: no login.' },
      },
    },
    password: {
      value: secretText,
      variable: { name: 'ALERT_EMAIL_PASSWORD', about: 'Password to log in with.', example: { comment: 'Its password.' } },
    },
    from: {
      value: mailAddress,
      variable: {
        name: 'ALERT_EMAIL_FROM',
        about: 'Sender of the mails. By default ALERT_EMAIL_USER if that is an address, otherwise swarmwatch@localhost.',
        example: { comment: 'Sender of the mails. Empty: ALERT_EMAIL_USER, if that is an address.' },
      },
    },
    recipients: {
      value: { items: mailAddresses, rule: 'must be a list of mail addresses' },
      about: 'Mail addresses. Default: ALERT_EMAIL_TO.',
      isTarget: true,
      variable: {
        name: 'ALERT_EMAIL_TO',
        about: 'Recipients of the mails, for a channel that lists none.',
        value: mailAddresses,
        example: { comment: 'Recipients, separated by commas. Names may be added: "Doe, Jane" <jane@example.com>.' },
      },
    },
    requireTls: {
      value: onOff,
      about: 'Whether mail is sent only over TLS. Default: ALERT_EMAIL_REQUIRE_TLS.',
      variable: {
        name: 'ALERT_EMAIL_REQUIRE_TLS',
        about: 'Whether mail is sent only over TLS. By default true, unless the server is this machine.',
        example: {
          comment: 'false only for a server without TLS in your own network, such as Mailpit of the profile mail.',
          value: 'true',
        },
      },
    },
    implicitTls: {
      value: onOff,
      variable: {
        name: 'ALERT_EMAIL_IMPLICIT_TLS',
        about:
          'Whether the mail server uses TLS from the first byte. By default only on port 465; on other ports, TLS starts with STARTTLS.',
        example: {
          comment:
            'true if the server uses TLS from the first byte. Empty: only on port 465; on other ports, TLS starts with STARTTLS.',
        },
      },
    },
    ca: {
      value: certificates,
      variable: {
        name: 'ALERT_EMAIL_CA',
        about: 'Certificates of the authorities that are trusted for the mail server, instead of the public ones.',
        orFile: true,
        example: {
          comment:
            'A file with the certificates (PEM) of your own authority; `pnpm secrets` copies it to .secrets/alert_email_ca. Empty: the public ones.',
        },
      },
    },
    tlsSkipVerify: {
      value: onOff,
      variable: {
        name: 'ALERT_EMAIL_TLS_SKIP_VERIFY',
        about: 'Whether any certificate of the mail server is accepted. For a self-signed certificate, ALERT_EMAIL_CA is safer.',
        example: {
          comment:
            'true accepts any certificate, even a forged one. For a self-signed certificate, ALERT_EMAIL_CA_FILE is safer.',
        },
      },
    },
    hello: {
      value: helloName,
      variable: {
        name: 'ALERT_EMAIL_HELLO',
        about: 'Name to greet the mail server with (EHLO). By default the domain of the sender, if it has a dot.',
        example: {
          comment: 'Name to greet the mail server with (EHLO), for servers that require one. Empty: the domain of the sender.',
        },
      },
    },
  },
  needs: ['recipients', 'host'],
  address: mailAddress,
  resolve({ recipients, host, user, from, hello, ...others }) {
    if (recipients.value === undefined || host.value === undefined) return allMissing([recipients, host])
    const userAsSender = user.value !== undefined && isMailAddress(user.value) ? user.value : undefined
    const sender = from.value ?? userAsSender ?? 'swarmwatch@localhost'
    const senderOrigin = from.value === undefined && userAsSender !== undefined ? user.origin : from.origin
    return {
      ...others,
      user,
      host,
      // an entry of the list may itself have several addresses
      recipients: { ...recipients, value: recipients.value.flat() },
      from: { ...from, value: sender, origin: senderOrigin },
      hello: { ...hello, value: hello.value ?? domainOf(sender) },
    }
  },
  warnings: ({ name, tlsSkipVerify, requireTls, implicitTls }) => [
    ...(tlsSkipVerify === true
      ? [
          `channel ${name}: any certificate of the mail server is accepted (ALERT_EMAIL_TLS_SKIP_VERIFY), so anyone on the network path can read the mails and the password; set ALERT_EMAIL_CA_FILE`,
        ]
      : []),
    ...(requireTls === false && implicitTls !== true
      ? [
          `channel ${name}: TLS is not required (ALERT_EMAIL_REQUIRE_TLS or require_tls), so mail and login may be sent in clear text`,
        ]
      : []),
  ],
}

/** Whether Alertmanager can send to the recipients of a channel by itself, which it does by mail. */
export function isMailChannel(channel: AnyChannel): channel is EmailChannel {
  return channel.type === email.type
}

/** Strict mail servers refuse a greeting that is not a full name, or not ASCII. */
function domainOf(sender: string): string | undefined {
  const domain = domainToASCII(readMailbox(sender)?.address.split('@').at(-1) ?? '')
  return /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(domain) ? domain : undefined
}
