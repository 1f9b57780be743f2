export { openModelProvider, type ModelProvider, type ModelRequest, type Script } from './model-provider.ts'
export type { ProtocolName } from './protocol.ts'
export {
  answer,
  billOf,
  brokenStream,
  cut,
  failure,
  held,
  silence,
  toolCalls,
  type AnswerReply,
  type BilledTokens,
  type FailureReply,
  type Reply,
  type ScriptedToolCall,
  type SilenceReply,
} from './reply.ts'
