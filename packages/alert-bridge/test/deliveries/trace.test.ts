import { AsyncLocalStorage } from 'node:async_hooks'

import { context, type Context, type ContextManager, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api'
import { expect, onTestFinished, test } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

test('a delivery belongs to the trace of the request that delivered the alert, if that request has one', async () => {
  context.setGlobalContextManager(contextManager())
  onTestFinished(() => context.disable())
  const seen = new Map<string, SpanContext | undefined>()
  const channel = recordingChannel({
    answer: async ({ notice }) => {
      await Promise.resolve()
      seen.set(notice.title, trace.getSpanContext(context.active()))
      return { kind: 'delivered' }
    },
  })
  const bridge = await startedBridge({ channels: [channel] })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await bridge.post('/api/v1/alerts', firing({ name: 'Traced' }), { traceparent })
  await bridge.post('/api/v1/alerts', firing({ name: 'Untraced' }))
  await bridge.post('/api/v1/alerts', firing({ name: 'Wrong' }), { traceparent: '00-nonsense' })
  await bridge.idle()
  expect(Object.fromEntries(seen)).toEqual({
    Traced: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1, isRemote: true },
    Untraced: undefined,
    Wrong: undefined,
  })
})

/** A tracer provider, as an OpenTelemetry SDK registers it. */
function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (given, fn, thisArg, ...args) => storage.run(given, () => fn.call(thisArg as never, ...args)),
    bind: (given, target) =>
      typeof target === 'function' ? (((...args: unknown[]) => storage.run(given, () => target(...args))) as never) : target,
    enable: () => manager,
    disable: () => manager,
  }
  return manager
}
