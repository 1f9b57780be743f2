import { propertyOf } from '@swarmwatch/sdk/instrumentation'

/** Whether a tool result reports a failure, as those of MCP do with `isError: true`. */
export function isErrorResult(result: unknown): boolean {
  return propertyOf(result, 'isError') === true
}

/**
 * Returns an error for a tool result that reports a failure instead of throwing; undefined for any other result. The message is not the
 * result, which can contain anything.
 */
export function toolError(result: unknown): Error | undefined {
  return isErrorResult(result) ? namedError('tool_error', 'the tool returned isError: true') : undefined
}

/** Reads an error from a text such as `TypeError: x is not a function`, where a framework keeps nothing else. */
export function errorFromText(text: unknown): Error {
  const [, name, message] = /^([A-Za-z_$][\w$]{0,59}): ([^]*)$/.exec(String(text)) ?? []
  return namedError(name ?? 'tool_error', message ?? String(text))
}

/** Returns an error with a name of its own, which becomes `error.type`. */
export function namedError(name: string, message: string): Error {
  const error = new Error(message)
  error.name = name
  return error
}
