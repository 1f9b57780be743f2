// A wrapper without any care, for the isolation suite to find fault with. What is thrown decides what it does.
import { trace } from '@opentelemetry/api'

export default {
  name: 'fragile',
  hooks: ['listener', process.env['FRAGILE_HOOKS']],
  streams: false,
  wrap: (agent, hooks) => async (task) => {
    const span = trace.getTracer('fragile').startSpan('run')
    try {
      if (hooks.listener) void Promise.reject(new Error('too late'))
      return await agent(task)
    } catch (error) {
      if (error === undefined) {
        process.stderr.write('no undefined here\n')
        process.exit(7)
      }
      if (error === null) for (;;);
      if (typeof error === 'symbol') await new Promise(() => {})
      throw error
    } finally {
      span.end()
    }
  },
}
