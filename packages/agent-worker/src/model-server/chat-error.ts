/** An answer that is no completion: its status and OpenAI's error object. */
export interface ChatError {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: { readonly error: { message: string; type: string; param: string | null; code: string | null } }
}

/** Shapes an error as OpenAI does. Messages never quote what was sent. */
export function chatError(
  status: number,
  type: string,
  message: string,
  {
    code = null,
    param = null,
    headers = {},
  }: { code?: string | null; param?: string | null; headers?: Record<string, string> } = {},
): ChatError {
  return { status, headers, body: { error: { message, type, param, code } } }
}

/** What a model server says when it breaks. */
export const serverError: ChatError = chatError(500, 'server_error', 'The server had an error while processing your request.')

/** Too many requests: come back after so many seconds. */
export function rateLimitedError(retryAfterSeconds: number): ChatError {
  return chatError(429, 'requests', 'Rate limit reached for requests.', {
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

/** A request that can never succeed; `param` names what is wrong in it. */
export function badRequest(message: string, param: string | null = null): ChatError {
  return chatError(400, 'invalid_request_error', message, { param })
}
