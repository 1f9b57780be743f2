import { context, type Context, type ContextManager } from '@opentelemetry/api'

import type { Hostility, HostileCase } from './isolation-case.ts'
import { boom } from './failures.ts'

type Call = (...args: unknown[]) => unknown

const prepared: Readonly<Record<string, Partial<Record<keyof ContextManager, unknown>>>> = {
  'a context manager throws instead of calling': { with: boom },
  'a context manager throws after calling': {
    with: (_: Context, call: Call, self: unknown, ...args: unknown[]) => {
      Reflect.apply(call, self, args)
      boom()
    },
  },
  'a context manager never calls': { with: () => undefined },
  'a context manager calls twice': {
    with: (_: Context, call: Call, self: unknown, ...args: unknown[]) => [
      Reflect.apply(call, self, args),
      Reflect.apply(call, self, args),
    ],
  },
  'a context manager knows no active context': { active: boom },
  'a context manager cannot bind': { bind: boom },
}

/** A context manager that misbehaves around every call. */
export const contextCases: readonly HostileCase[] = Object.entries(prepared).map(([name, broken]) => ({
  name,
  surface: 'context',
  prepare: ({ sdk }): Hostility => ({
    register() {
      const working = sdk.contextManager()
      context.disable()
      context.setGlobalContextManager({
        active: () => working.active(),
        with: (...args) => working.with(...args),
        bind: (...args) => working.bind(...args),
        enable: () => working.enable(),
        disable: () => working.disable(),
        ...broken,
      } as ContextManager)
    },
  }),
}))
