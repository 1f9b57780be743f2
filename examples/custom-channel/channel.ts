import { Hono } from 'hono'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

/** The parts of a message that this channel uses; docs/channels.md describes the others. */
interface Message {
  readonly status: string
  readonly severity: string
  readonly title: string
}

/**
 * An HTTP endpoint that sends alerts wherever you like. The bridge repeats a message until the answer is 2xx, so that none is lost;
 * one that arrives twice has the same `webhook-id`.
 */
export function customChannel(secret: string, send: (message: Message) => Promise<void>): Hono {
  const webhook = new Webhook(secret)
  const sent = new Set<string>()
  return new Hono().post('/alerts', async (context) => {
    const id = context.req.header('webhook-id') ?? ''
    let message: Message
    try {
      // Throws if anyone but the bridge has sent or changed it, or if it is older than five minutes
      message = webhook.verify(await context.req.text(), context.req.header()) as Message
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      return context.text('invalid signature', 401)
    }
    if (!sent.has(id)) await send(message)
    sent.add(id)
    return context.body(null, 204)
  })
}
