import type { CaseTools, HostileCase, IsolationHooks } from './isolation-case.ts'
import { boom, hang, reject, throwing } from './failures.ts'

type Misbehaviour = (tools: CaseTools) => (value: unknown) => unknown
const always =
  (call: (value: unknown) => unknown): Misbehaviour =>
  () =>
    call

const anywhere: Readonly<Record<string, Misbehaviour>> = {
  ...Object.fromEntries(Object.entries(throwing).map(([how, onThrow]) => [how, always(onThrow)])),
  rejects: always(reject),
  'never settles': always(hang),
  'calls the agent': ({ callAgain }) => callAgain,
}
/** Takes away what it was given, as far as the object itself can be changed. */
const empty = (given: unknown): void => {
  if (Array.isArray(given)) given.length = 0
  else for (const key of Object.keys(given as object)) Reflect.set(given as object, key, undefined)
}
const redactor: Readonly<Record<string, Misbehaviour>> = {
  ...anywhere,
  'returns a symbol': always(() => Symbol('nothing to see')),
  'returns an object that throws when it is written': always(() => ({ toJSON: boom })),
}

const kinds: Readonly<
  Record<keyof IsolationHooks, { readonly what: string; readonly how: Readonly<Record<string, Misbehaviour>> }>
> = {
  redactInput: {
    what: 'a redactor of the arguments',
    // The list is a copy; its items belong to the user, who may change them
    how: { ...redactor, 'empties the list': always((given) => (Array.isArray(given) ? empty(given) : undefined)) },
  },
  redactOutput: { what: 'a redactor of the result', how: redactor },
  redactErrorMessage: { what: 'a redactor of error messages', how: redactor },
  logger: { what: 'a logger', how: anywhere },
  listener: { what: 'a listener', how: { ...anywhere, 'changes what it is given': always(empty) } },
}

/** Functions of the user's that misbehave: redactors, loggers, listeners. */
export const hookCases: readonly HostileCase[] = Object.entries(kinds).flatMap(([hook, { what, how }]) =>
  Object.entries(how).map(([does, misbehave]): HostileCase => ({
    name: `${what} ${does}`,
    surface: 'hook',
    hook: hook as keyof IsolationHooks,
    prepare(tools) {
      const call = misbehave(tools)
      return { hooks: { [hook]: hook === 'logger' ? { warn: call, error: call } : call } }
    },
  })),
)
