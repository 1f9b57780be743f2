import {
  isObject,
  type Json,
  type Message,
  objectsOf,
  parsed,
  type Part,
  partsOf,
  textOf,
  textPart,
  toolCallPart,
} from './message-parts.ts'
import type { Protocol } from './protocols.ts'
import { chatMessage, responseItem } from './sent-content.ts'

/** Converts the body of a response, JSON or server-sent events, to messages in the schema of `gen_ai.output.messages`. */
export function receivedContent(protocol: Protocol, body: string): readonly Message[] | undefined {
  const whole = parsed(body)
  // Gemini may stream a JSON array
  const documents = whole === undefined ? eventsOf(body) : [whole].flat().filter(isObject)
  const messages =
    whole === undefined || Array.isArray(whole)
      ? streamed(protocol, documents)
      : documents.flatMap((each) => answered(protocol, each))
  return messages.some(({ parts }) => parts.length > 0) ? messages : undefined
}

function eventsOf(body: string): readonly Json[] {
  return body
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => parsed(line.slice('data:'.length)))
    .filter(isObject)
}

function answered(protocol: Protocol, response: Json): readonly Message[] {
  switch (protocol.name) {
    case 'openai-chat':
      return objectsOf(response['choices']).flatMap((choice) =>
        finished(
          isObject(choice['message']) ? chatMessage(choice['message']) : [assistant([textPart(textOf(choice['text']))])],
          choice['finish_reason'],
        ),
      )
    case 'openai-responses':
      return objectsOf(response['output']).flatMap(responseItem)
    case 'anthropic':
      return finished([assistant(partsOf(response['content']))], response['stop_reason'])
    case 'gemini':
      return objectsOf(response['candidates']).flatMap((candidate) =>
        finished([assistant(partsOf((candidate['content'] as Json | undefined)?.['parts']))], candidate['finishReason']),
      )
    default:
      return []
  }
}

function streamed(protocol: Protocol, events: readonly Json[]): readonly Message[] {
  switch (protocol.name) {
    case 'openai-chat':
      return chatStream(events)
    case 'openai-responses': {
      const { response } = events.findLast((event) => isObject(event['response'])) ?? {}
      return isObject(response) ? answered(protocol, response) : []
    }
    case 'anthropic':
      return anthropicStream(events)
    case 'gemini': {
      const messages = events.flatMap((event) => answered(protocol, event))
      return [joined(messages)]
    }
    default:
      return []
  }
}

/** Deltas of OpenAI's chat API; a stream with several choices is recorded as its first one. */
function chatStream(events: readonly Json[]): readonly Message[] {
  let content = ''
  let finish: unknown
  const calls: { id?: unknown; name?: unknown; args: string }[] = []
  for (const choice of events.flatMap((event) => objectsOf(event['choices']))) {
    if ((choice['index'] ?? 0) !== 0) continue
    finish = choice['finish_reason'] ?? finish
    const delta = (choice['delta'] ?? {}) as Json
    content += textOf(delta['content']) + textOf(choice['text'])
    for (const [at, each] of objectsOf(delta['tool_calls']).entries()) {
      const called = (each['function'] ?? {}) as Json
      const call = (calls[Math.min(Number(each['index'] ?? at), 100)] ??= { args: '' })
      call.id ??= each['id']
      call.name ??= called['name']
      call.args += textOf(called['arguments'])
    }
  }
  const parts = calls.filter(Boolean).map(({ id, name, args }) => toolCallPart(id, name, args))
  return finished([assistant([...partsOf(content), ...parts])], finish)
}

function anthropicStream(events: readonly Json[]): readonly Message[] {
  const blocks = new Map<unknown, { block: Json; text: string }>()
  let finish: unknown
  for (const event of events) {
    const delta = (event['delta'] ?? {}) as Json
    finish = delta['stop_reason'] ?? finish
    if (isObject(event['content_block'])) blocks.set(event['index'], { block: event['content_block'], text: '' })
    const open = blocks.get(event['index'])
    if (open) open.text += textOf(delta['text']) + textOf(delta['thinking']) + textOf(delta['partial_json'])
  }
  const parts = [...blocks.values()].map(({ block, text }): Part => {
    if (block['type'] === 'tool_use') return toolCallPart(block['id'], block['name'], text)
    return block['type'] === 'thinking' ? { type: 'reasoning', content: text } : textPart(text)
  })
  return finished([assistant(parts)], finish)
}

/** One message of several; texts that follow each other become one. */
function joined(messages: readonly Message[]): Message {
  const parts: Part[] = []
  for (const part of messages.flatMap((message) => message.parts)) {
    const last = parts.at(-1)
    if (part.type === 'text' && last?.type === 'text')
      parts[parts.length - 1] = textPart(textOf(last['content']) + textOf(part['content']))
    else parts.push(part)
  }
  const finish = messages.findLast((message) => message.finish_reason !== undefined)?.finish_reason
  return { ...assistant(parts), ...(finish !== undefined && { finish_reason: finish }) }
}

function assistant(parts: readonly Part[]): Message {
  return { role: 'assistant', parts }
}

function finished(messages: readonly Message[], reason: unknown): readonly Message[] {
  return typeof reason === 'string' ? messages.map((message) => ({ ...message, finish_reason: reason })) : messages
}
