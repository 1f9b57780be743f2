/** The scripted model: an HTTP server that speaks OpenAI's chat completions and misbehaves as planned. */
export { type Fault, type FaultPlan, firstFaultOf, randomAt, seededFaults } from './fault-plan.ts'
export { startModelServer } from './start-model-server.ts'
