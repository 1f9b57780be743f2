import { createHmac } from 'node:crypto'

import { isSameText, type Secret } from '@swarmwatch/config'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { actionNames, readActionToken } from '../incidents/action-links.ts'
import { type ActionResult, type IncidentActions, personName } from '../incidents/incident-actions.ts'
import { StoreError } from '../outbox/store.ts'
import { parseJson } from '../parse-json.ts'
import { formFields } from './form-request.ts'
import { limitedLog } from './incident-routes.ts'

/** Options for {@link slackInteractions}. */
export interface SlackInteractionOptions {
  readonly signingSecret: Secret
  /** Secrets of the values of buttons. */
  readonly secrets: readonly Secret[]
  readonly actions: IncidentActions
  readonly now: () => number
  readonly fetch: typeof globalThis.fetch
  readonly write: (line: string) => void
}

/** The payload contains the message, which Slack limits to about 16 kB. */
const bodyLimit = 256 * 1024

/** Accepts clicks on buttons in Slack. Only requests that Slack has signed are read. */
export function slackInteractions(app: FastifyInstance, options: SlackInteractionOptions): void {
  const { signingSecret, secrets, actions, now, fetch, write } = options
  const logRefusal = limitedLog(write, now)

  app.post('/slack/interactions', { bodyLimit }, async (request, reply) => {
    const header = (name: string): string | undefined => {
      const value = request.headers[name]
      return typeof value === 'string' ? value : undefined
    }
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
    const signed = { timestamp: header('x-slack-request-timestamp'), signature: header('x-slack-signature'), body }
    if (!isFromSlack(signed, signingSecret, now())) {
      logRefusal('a click without a valid signature of Slack; compare ALERT_SLACK_SIGNING_SECRET with the app')
      return reply.code(401).send({ error: 'the signature is not valid' })
    }
    const click = clickOf(formFields(request)['payload'] ?? '')
    // the answer 200 is required also for clicks that need nothing, such as one that opens an address
    if (click === undefined) return reply.send('')
    const { responseUrl } = click
    const problem = await problemOf(click).catch((error: unknown) => {
      write(`[BRIDGE] a click in Slack failed: ${error instanceof StoreError ? error.message : String(error)}`)
      return 'The bridge cannot store this at the moment. Nothing was changed; try again.'
    })
    if (problem !== undefined && responseUrl !== undefined) void answer(responseUrl, problem)
    return reply.send('')
  })

  /** Acts. Returns a sentence for the person if nothing was changed. */
  async function problemOf({ action, value, user }: Click): Promise<string | undefined> {
    if (action === 'silence') return undefined
    const read = readActionToken(value, action, { secrets, now: now() })
    if (read.kind !== 'valid') {
      logRefusal(`a button in Slack whose value ${read.kind === 'expired' ? 'has expired' : 'is not signed'}`)
      return 'This button has expired. Nothing was changed; open the list of incidents.'
    }
    const actor = { name: user, via: 'Slack' }
    const result = await (action === 'ack' ? actions.acknowledge(read.text, actor) : actions.resolve(read.text, actor))
    return sentenceOf(result)
  }

  async function answer(url: string, text: string): Promise<void> {
    const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, text })
    const headers = { 'content-type': 'application/json' }
    await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(5_000) }).catch(() => {})
  }
}

/** A request is accepted this long after Slack signed it. */
const windowSeconds = 5 * 60

/** A request that may come from Slack. */
interface SignedRequest {
  /** Header `x-slack-request-timestamp`. */
  readonly timestamp: string | undefined
  /** Header `x-slack-signature`. */
  readonly signature: string | undefined
  readonly body: Uint8Array
}

/** Whether Slack has signed the request with the signing secret of the app (version v0), within the last five minutes. */
function isFromSlack({ timestamp = '', signature = '', body }: SignedRequest, secret: Secret, now: number): boolean {
  const isRecent = /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= windowSeconds
  const expected = createHmac('sha256', secret.reveal()).update(`v0:${timestamp}:`).update(body).digest('hex')
  return isSameText(`v0=${expected}`, signature) && isRecent
}

function sentenceOf(result: ActionResult): string | undefined {
  if (result.kind === 'done') return undefined
  if (result.kind !== 'already') return 'This incident was deleted. Nothing was changed.'
  const { state, acknowledgedBy, resolvedBy } = result.incident
  const who = state === 'resolved' ? (resolvedBy ?? 'Alertmanager') : acknowledgedBy
  return `This incident is already ${state}${who === undefined ? '' : ` by ${who}`}. Nothing was changed.`
}

/** A click of a person on a button of ours. */
interface Click {
  readonly action: (typeof actionNames)[number]
  readonly value: string
  readonly user: string
  /** Where an answer that only this person sees can be posted. */
  readonly responseUrl: string | undefined
}

const payloadSchema = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string(), username: z.string().optional(), name: z.string().optional() }),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
  response_url: z.string().optional(),
})

function clickOf(payload: string): Click | undefined {
  const read = payloadSchema.safeParse(parseJson(payload))
  if (!read.success) return undefined
  const { user, actions, response_url: url } = read.data
  const pressed = actions[0]!
  const action = actionNames.find((name) => name === pressed.action_id)
  if (action === undefined) return undefined
  const name = personName(user.name ?? user.username ?? '') ?? user.id
  // Slack's own address, whatever the payload contains
  const responseUrl = url !== undefined && /^https:\/\/hooks\.slack(?:-gov)?\.com\//.test(url) ? url : undefined
  return { action, value: pressed.value ?? '', user: name, responseUrl }
}
