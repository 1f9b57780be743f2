export { type AdviseEnvironment, runAdvise } from './advise-command.ts'
