import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { startProgram, token } from '../bridge/bridge-program.ts'
import { sender, type BridgeAddress, type Channels } from './alertmanager-settings.ts'
import type { Killable } from './killable.ts'

/** `alert-bridge serve` that tells by mail and Slack. */
export interface BridgeTeller extends Killable {
  readonly address: BridgeAddress
}

export async function startBridgeTeller(cli: string, { slackUrl, mailPort, recipients }: Channels): Promise<BridgeTeller> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-receivers-'))
  const settings = join(folder, 'settings.yaml')
  await writeFile(settings, '{}')
  const env = {
    SWARMWATCH_CONFIG: settings,
    ALERT_SLACK_WEBHOOK: slackUrl,
    ALERT_EMAIL_HOST: '127.0.0.1',
    ALERT_EMAIL_PORT: String(mailPort),
    ALERT_EMAIL_FROM: sender,
    ALERT_EMAIL_TO: recipients.join(','),
    BRIDGE_TOKEN: token,
    BRIDGE_DATA_DIR: join(folder, 'data'),
    BRIDGE_WATCHDOG_SECONDS: '0',
  }
  let running = await startProgram([cli, 'serve'], { ...env, BRIDGE_PORT: '0' })
  const { port } = running
  return {
    address: { url: `http://127.0.0.1:${port}/api/v1/alerts`, token },
    kill: () => running.end('SIGKILL'),
    start: async () => {
      running = await startProgram([cli, 'serve'], { ...env, BRIDGE_PORT: String(port) })
    },
    async [Symbol.asyncDispose]() {
      // one that has ended by itself does not say so a second time
      await Promise.race([running.end('SIGKILL'), delay(5_000, undefined, { ref: false })])
      await rm(folder, { recursive: true })
    },
  }
}
