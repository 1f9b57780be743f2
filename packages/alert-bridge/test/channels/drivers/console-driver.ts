import { openConsoleChannel } from '../../../src/channels/console/console-channel.ts'
import type { ChannelDriver, DrivenChannel } from './channel-driver.ts'

export const consoleDrivers: readonly ChannelDriver[] = [{ variant: 'console', hasServer: false, start }]

async function start(): Promise<DrivenChannel> {
  const arrived: string[] = []
  return {
    open: (dependencies) =>
      openConsoleChannel(
        { name: 'console' },
        {
          ...dependencies,
          now: () => new Date('2026-11-24T02:15:00Z'),
          write: (line) => {
            arrived.push(line)
            dependencies?.write?.(line)
          },
        },
      ),
    arrived: () => arrived,
    ids: () => arrived.map((line) => (JSON.parse(line) as { delivery: string }).delivery),
    [Symbol.asyncDispose]: async () => {},
  }
}
