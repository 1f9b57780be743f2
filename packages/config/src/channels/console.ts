import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** Lines on the console. */
export interface ConsoleChannel extends ChannelBase {
  readonly type: 'console'
}

/** Lines on the console, which reach someone only if they read the log. */
export const onConsole: ChannelDefinition<ConsoleChannel> = {
  type: 'console',
  title: 'console',
  about: 'Lines on the console.',
  examples: ['{ type: console, severities: [critical] }'],
  keys: {},
  needs: [],
  isLastResort: true,
}
