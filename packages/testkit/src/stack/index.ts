export {
  activeAlerts,
  amtool,
  askPrometheus,
  containerStates,
  containerUses,
  numberFrom,
  type ActiveAlert,
  type ContainerState,
  type ContainerUse,
  type Sample,
} from './ask-services.ts'
export { listMails, mailThat, mailTexts, openSlackSink, type Mail, type SlackSink } from './messages.ts'
export { startOutsideAgents, type Counts, type OutsideAgents } from './outside-agents.ts'
export { buildImages, layOut, mailSettings, startStack, type ProductionStack, type StackOptions } from './production-stack.ts'
