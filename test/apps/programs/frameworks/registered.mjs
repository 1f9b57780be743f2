import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AgentInstrumentation } from '@swarmwatch/instrumentation'

const sdk = new NodeSDK()
sdk.start()
registerInstrumentations({ instrumentations: [new AgentInstrumentation()] })
globalThis.stopTelemetry = () => sdk.shutdown()
