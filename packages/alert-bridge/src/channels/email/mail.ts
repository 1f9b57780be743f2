import { domainToASCII } from 'node:url'

import { readMailbox, type Mailbox } from '@swarmwatch/config'
import type { SendMailOptions } from 'nodemailer'

import { html } from '../../message/html.ts'
import { plainText } from '../../message/plain-text.ts'
import { statusWord } from '../../message/status-word.ts'
import type { Delivery } from '../channel.ts'
import { wireId } from '../wire-id.ts'
import type { MailThread } from './mail-thread.ts'

/** A mail that can be sent; its Message-ID is fixed, so that a second try can be told from a second mail. */
export type Mail = SendMailOptions & { readonly messageId: string; readonly subject: string }

/** The mail for one recipient. Addresses come from the settings only, never from labels. */
export function mailFor(delivery: Delivery, thread: MailThread | undefined, from: string, date: Date): Mail {
  const { notice } = delivery
  const { subject, text } = plainText(notice)
  const sender = mailboxOf(from)
  const recipient = mailboxOf(delivery.recipient)
  // ids that are not ASCII would be encoded, and no program finds the mail that they answer
  const domain = domainToASCII(sender.address.split('@').at(-1) ?? '') || 'localhost'
  const isUrgent =
    notice.severity === 'critical' && (notice.kind === 'firing' || notice.kind === 'repeat' || notice.kind === 'meta')
  return {
    messageId: `<${wireId(delivery.id)}@${domain}>`,
    // how it is now stands in the sender's name, since the subject has to stay as it was for the thread to hold
    from: { name: `${sender.name || 'Swarmwatch'} (${statusWord(notice).toLowerCase()})`, address: sender.address },
    to: recipient,
    envelope: { from: sender.address, to: [recipient.address] },
    subject: thread === undefined ? subject : `Re: ${thread.subject}`,
    ...(thread === undefined ? {} : { inReplyTo: thread.root, references: [thread.root] }),
    date,
    text,
    html: html(notice),
    ...(isUrgent ? { priority: 'high' } : {}),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-Id': `Swarmwatch alerts <swarmwatch.${domain}>`,
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

function mailboxOf(text: string): Mailbox {
  return readMailbox(text) ?? { name: '', address: text.trim() }
}
