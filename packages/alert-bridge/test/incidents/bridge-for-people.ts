import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { onTestFinished } from 'vitest'

import type { HistoryEntry, StoredIncident } from '../../src/outbox/incidents.ts'
import type { BridgeSettings } from '../../src/settings.ts'
import { type BridgeService, startService } from '../../src/start-service.ts'
import { answerWith, fakeHttp, type FakeHttp } from '../channels/fake-http.ts'
import { firing, type GroupOptions, resolved } from '../helpers/alert-groups.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { plainSettings } from '../helpers/started-bridge.ts'
import { token } from '../helpers/token.ts'

export const linkSecret: string = 'a secret of a test, which signs links'.replaceAll(/\W/g, '-')
export const onCallToken = 'token-of-the-on-call-engineers'

/** The names of links in messages. */
export type LinkName = 'Acknowledge' | 'Silence' | 'Resolve'

/** A whole bridge that sends to a real webhook, as a person meets it. */
export interface BridgeForPeople {
  readonly service: BridgeService
  readonly url: string
  readonly dataDir: string
  readonly lines: string[]
  /** Bodies of the messages that arrived. */
  readonly messages: () => Message[]
  readonly webhook: FakeHttp
  /** Sends a group and waits for its message. */
  readonly fire: (options?: GroupOptions) => Promise<Message>
  readonly resolve: (options?: GroupOptions) => Promise<Message>
  readonly incident: (key: string) => Promise<StoredIncident | undefined>
  readonly history: (key: string) => Promise<HistoryEntry[]>
  readonly open: (address: string, init?: RequestInit) => Promise<Page>
  /** Opens a page, fills its form and sends it, as a browser does. */
  readonly submit: (address: string, fields?: Readonly<Record<string, string>>, init?: RequestInit) => Promise<Page>
}

export interface Message {
  readonly kind: string
  readonly incidentKey: string
  readonly text: string
  readonly subject: string
  readonly links: readonly { readonly name: string; readonly url: string }[]
}

export interface Page {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** Text of the heading. */
  readonly title: string
  /** Hidden field of the first form. */
  readonly form: string | undefined
}

export interface PeopleOptions {
  readonly settings?: Partial<BridgeSettings>
  readonly now?: () => number
  readonly dataDir?: string
  readonly databaseUrl?: string
}

/** Starts the bridge; it ends with the test. */
export async function bridgeForPeople({
  settings,
  now,
  dataDir = temporaryFolder(),
  databaseUrl,
}: PeopleOptions = {}): Promise<BridgeForPeople> {
  const webhook = await fakeHttp(answerWith(204))
  onTestFinished(() => webhook[Symbol.asyncDispose]())
  const lines: string[] = []
  const service = await startService(
    {
      ...plainSettings({ dataDir, databaseUrl }),
      publicUrl: 'https://bridge.example.com/',
      linkSecrets: [new Secret(linkSecret)],
      onCallTokens: [new Secret(onCallToken)],
      channels: [
        {
          type: 'webhook',
          name: 'own',
          severities: ['critical', 'warning', 'info'],
          fallback: false,
          quietHours: undefined,
          url: new Secret(webhook.url),
          secret: undefined,
          secrets: [],
          allowedPrivateHosts: ['127.0.0.1'],
        },
      ],
      ...settings,
    },
    { write: (line) => lines.push(line), times: shortTimes, ...(now && { now }) },
  )
  onTestFinished(() => service.stop().catch(() => {}))
  const url = `http://127.0.0.1:${service.port}`
  const messages = (): Message[] => webhook.seen.map(({ json }) => json as unknown as Message)

  async function send(group: unknown): Promise<Message> {
    const before = messages().length
    const response = await fetch(`${url}/api/v1/alerts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(group),
    })
    if (response.status !== 200) throw new Error(`the bridge answered ${response.status}`)
    return eventually('the message', () => messages()[before])
  }

  async function open(address: string, init: RequestInit = {}): Promise<Page> {
    const response = await fetch(address.replace('https://bridge.example.com', url), { redirect: 'manual', ...init })
    const text = await response.text()
    const title = /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? ''
    return {
      status: response.status,
      text,
      headers: response.headers,
      title,
      form: /name="form" value="([^"]*)"/.exec(text)?.[1],
    }
  }

  return {
    service,
    url,
    dataDir,
    lines,
    messages,
    webhook,
    open,
    fire: (options) => send(firing(options)),
    resolve: (options) => send(resolved(options)),
    incident: (key) => service.core.store.incident(key),
    history: (key) => service.core.store.incidentHistory(key),
    submit: async (address, fields = { name: 'Ana' }, init = {}) => {
      const { form = '' } = await open(address, { ...(init.headers && { headers: init.headers }) })
      return open(address, { method: 'POST', body: new URLSearchParams({ form, ...fields }), ...init })
    },
  }
}

/** The address of a link of a message. */
export function linkOf({ links }: Message, name: LinkName): string {
  const link = links.find((one) => one.name === name)
  if (link === undefined) throw new Error(`the message has no link ${name}, only ${links.map((one) => one.name).join(', ')}`)
  return link.url
}
